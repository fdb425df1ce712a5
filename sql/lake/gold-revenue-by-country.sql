-- What does each country buy? Reads silver_transactions. Shares are of the net revenue of all countries.
select country, invoices, customers, items_sold, gross_revenue, cancelled_revenue, net_revenue,
  cast(round(net_revenue / nullif(sum(net_revenue) over (), 0), 6) as double) as revenue_share
from (
  select country,
    count(distinct case when not is_cancellation then invoice_no end) as invoices,
    count(distinct customer_id) as customers,
    cast(sum(case when is_cancellation then 0 else quantity end) as bigint) as items_sold,
    cast(sum(case when is_cancellation then 0 else amount end) as decimal(28, 4)) as gross_revenue,
    cast(sum(case when is_cancellation then -amount else 0 end) as decimal(28, 4)) as cancelled_revenue,
    cast(sum(amount) as decimal(28, 4)) as net_revenue
  from silver_transactions
  group by country
) as countries
order by net_revenue desc, country
