-- Moves a partition of a backfill on; in the transaction that holds its rows.
update backfill_partitions
set next_offset = $3, record_count = record_count + $4, restored_count = restored_count + $5, present_count = present_count + $6,
  invalid_count = invalid_count + $7, updated_at = now()
where backfill_id = $1 and "partition" = $2
