-- Takes rows of the shop's file into the source table.
copy sales_db.transactions ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country") from stdin
