-- Notes what the gold tables hold now.
insert into gold.loads (lake_id, version, rows_by_table) values ($1, $2, $3)
