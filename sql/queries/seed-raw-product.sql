-- A product as its source sent it.
insert into raw_products (source, raw_data, batch_id) values ($1, $2, $3)
