-- How much of what was sold of each stock code came back? Reads silver_transactions and silver_cancellations.
-- Pieces are matched where the cancelled sale is known. A rate is null where nothing was sold.
select s.stock_code, s.sold_items, s.sold_revenue, s.returned_items, s.returned_revenue, cast(coalesce(m.matched_items, 0) as bigint) as matched_items,
  cast(s.returned_items as double) / nullif(s.sold_items, 0) as return_rate,
  cast(coalesce(m.matched_items, 0) as double) / nullif(s.sold_items, 0) as matched_return_rate
from (
  select stock_code,
    cast(sum(case when is_cancellation then 0 else quantity end) as bigint) as sold_items,
    cast(sum(case when is_cancellation then 0 else amount end) as decimal(28, 4)) as sold_revenue,
    cast(sum(case when is_cancellation then -cast(quantity as bigint) else 0 end) as bigint) as returned_items,
    cast(sum(case when is_cancellation then -amount else 0 end) as decimal(28, 4)) as returned_revenue
  from silver_transactions
  group by stock_code
) as s
left join (
  select stock_code, sum(matched_quantity) as matched_items from silver_cancellations group by stock_code
) as m on m.stock_code = s.stock_code
order by s.stock_code
