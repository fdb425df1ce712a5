-- A product of the clean sample.
insert into clean_products (product_id, name, price, stock, category) values ($1, $2, $3, $4, $5) on conflict do nothing
