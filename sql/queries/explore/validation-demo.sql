-- The four validation cases (`sluice run products`): where did each of them go, and why?
select coalesce(c.product_id, q.product_id) as product_id, case when c.product_id is null then 'quarantine' else 'clean' end as zone, q.issues
from (select product_id from clean_products where product_id in ('P999', 'P998', 'P997', 'P996')) c
full join (
  select distinct on (raw_data->>'product_id') raw_data->>'product_id' as product_id, issues
  from quarantine_products
  where raw_data->>'product_id' in ('P999', 'P998', 'P997', 'P996')
  order by raw_data->>'product_id', id desc
) q using (product_id)
order by 1 desc
