-- How good is each dataset, and which reasons are the most frequent?
with totals as (
  select dataset, sum(valid_count) as valid, sum(quarantined_count) as quarantined, sum(duplicate_count) as duplicate
  from v_dataset_quality
  group by dataset
), ranked as (
  select q.dataset, r.key as reason, sum(r.value::bigint) as record_count,
    row_number() over (partition by q.dataset order by sum(r.value::bigint) desc, r.key) as position
  from v_dataset_quality q cross join jsonb_each_text(q.reasons) as r
  group by q.dataset, r.key
)
select t.dataset, t.valid, t.quarantined, t.duplicate,
  round(t.valid / nullif(t.valid + t.quarantined, 0), 4) as quality_score,
  (select string_agg(r.reason || ' ' || r.record_count, ', ' order by r.position) from ranked r where r.dataset = t.dataset and r.position <= 3) as top_reasons
from totals t
order by t.dataset
