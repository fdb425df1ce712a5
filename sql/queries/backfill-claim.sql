-- Locks a partition of a backfill for this transaction and says where it goes on.
select next_offset from backfill_partitions where backfill_id = $1 and "partition" = $2 for update
