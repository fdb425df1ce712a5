-- A backfill and how far each of its partitions is.
select b.dataset, b.cluster_id, b.topic, b.range_by, b.range_from, b.range_to, b.finished_at,
  p."partition", p.first_offset, p.next_offset, p.end_offset, p.record_count, p.restored_count, p.present_count, p.invalid_count
from backfills b join backfill_partitions p on p.backfill_id = b.id
where b.id = $1
order by p."partition"
