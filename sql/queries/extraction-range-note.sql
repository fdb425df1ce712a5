-- Notes that a range was sent again; the cursor stays.
insert into extraction_history (dataset, run_id, is_range, from_watermark, to_watermark, to_key, row_count, late_row_count, snapshot_xmin, oldest_transaction_at, started_at)
values ($1, $2, true, $3, $4, $5, $6, 0, $7::text::xid8, $8, $9)
