-- What did the shop take on each day of its own clock? Reads silver_transactions; each day needs the rows of that day alone.
select invoice_day as day,
  count(distinct case when not is_cancellation then invoice_no end) as invoices,
  count(distinct case when is_cancellation then invoice_no end) as cancellations,
  cast(sum(case when is_cancellation then 0 else quantity end) as bigint) as items_sold,
  cast(sum(case when is_cancellation then 0 else amount end) as decimal(28, 4)) as gross_revenue,
  cast(sum(case when is_cancellation then -amount else 0 end) as decimal(28, 4)) as cancelled_revenue,
  cast(sum(amount) as decimal(28, 4)) as net_revenue
from silver_transactions
group by invoice_day
order by invoice_day
