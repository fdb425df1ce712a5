-- Which articles earn most? Reads silver_transactions.
-- An article's code starts with five digits; postage, fees and discounts are no products. It is described as most of its lines describe it.
with articles as (
  select stock_code, description, invoice_no, customer_id, is_cancellation, quantity, amount
  from silver_transactions
  where length(stock_code) >= 5 and translate(substr(stock_code, 1, 5), '0123456789', '') = ''
),
names as (
  select stock_code, description
  from (
    select stock_code, description, row_number() over (partition by stock_code order by count(*) desc, description) as place
    from articles
    where description is not null
    group by stock_code, description
  ) as counted
  where place = 1
),
totals as (
  select stock_code,
    count(distinct case when not is_cancellation then invoice_no end) as invoices,
    count(distinct customer_id) as customers,
    cast(sum(case when is_cancellation then 0 else quantity end) as bigint) as items_sold,
    cast(sum(quantity) as bigint) as net_items,
    cast(sum(amount) as decimal(28, 4)) as net_revenue
  from articles
  group by stock_code
)
select rank() over (order by t.net_revenue desc) as revenue_rank, rank() over (order by t.net_items desc) as items_rank,
  t.stock_code, n.description, t.invoices, t.customers, t.items_sold, t.net_items, t.net_revenue
from totals as t
left join names as n on n.stock_code = t.stock_code
order by revenue_rank, t.stock_code
