-- Moves a dataset's cursor and notes how; only where nobody else moved it since it was read (version 0: it was not there).
with moved as (
  insert into extraction_state (dataset, source_table, watermark_column, watermark, "key", snapshot_xmin, row_count)
  select $1, $2, $3, $4, $5, $6::text::xid8, $7 where $8::bigint = 0 or exists (select from extraction_state where dataset = $1 and version = $8)
  on conflict (dataset) do update set watermark = excluded.watermark, "key" = excluded."key", snapshot_xmin = excluded.snapshot_xmin,
    row_count = extraction_state.row_count + excluded.row_count, version = extraction_state.version + 1, updated_at = now()
  where extraction_state.version = $8
  returning version
), noted as (
  insert into extraction_history (dataset, run_id, is_range, from_watermark, to_watermark, to_key, row_count, late_row_count, snapshot_xmin, oldest_transaction_at, started_at)
  select $1, $9, false, $10, $4, $5, $7, $11, $6::text::xid8, $12, $13 from moved
)
select version from moved
