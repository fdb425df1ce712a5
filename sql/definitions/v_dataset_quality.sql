-- The quality of each batch: of the records that a run produced, which part is valid, and what was wrong with the others. A run_id of '' stands
-- for the records that belong to no run. quality_score is valid ÷ (valid + quarantined): a duplicate is no bad record, only a second one.
create or replace view v_dataset_quality as
select
  dataset,
  run_id,
  sum(record_count) filter (where disposition <> 'reason') as record_count,
  coalesce(sum(record_count) filter (where disposition = 'valid'), 0)::bigint as valid_count,
  coalesce(sum(record_count) filter (where disposition = 'quarantined'), 0)::bigint as quarantined_count,
  coalesce(sum(record_count) filter (where disposition = 'duplicate'), 0)::bigint as duplicate_count,
  round(
    coalesce(sum(record_count) filter (where disposition = 'valid'), 0)
      / nullif(sum(record_count) filter (where disposition in ('valid', 'quarantined')), 0), 4) as quality_score,
  (
    select jsonb_object_agg(r.reason, r.record_count)
    from (
      select reason, sum(record_count)::bigint as record_count
      from record_counts i
      where i.disposition = 'reason' and i.dataset = c.dataset and i.run_id = c.run_id
      group by reason
    ) r
  ) as reasons
from record_counts c
group by dataset, run_id
