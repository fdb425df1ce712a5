-- Marks a backfill whose partitions are all at their ends.
update backfills set finished_at = now()
where id = $1 and finished_at is null and not exists (select from backfill_partitions where backfill_id = $1 and next_offset < end_offset)
