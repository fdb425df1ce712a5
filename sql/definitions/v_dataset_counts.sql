-- What became of the records of each dataset, one row a dataset.
create or replace view v_dataset_counts as
select
  dataset,
  coalesce(sum(record_count) filter (where disposition = 'valid'), 0)::bigint as valid_count,
  coalesce(sum(record_count) filter (where disposition = 'quarantined'), 0)::bigint as quarantined_count,
  coalesce(sum(record_count) filter (where disposition = 'duplicate'), 0)::bigint as duplicate_count
from record_counts
group by dataset
