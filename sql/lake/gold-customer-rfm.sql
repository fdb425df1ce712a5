-- How recently, how often and for how much did each customer buy? Reads silver_transactions and masking (key).
-- Days are counted to the day after the last sale of all. Scores are quintiles from 1 to 5, 5 the best; customers of the same value have the same
-- score. Customers who never bought have none of the three and are left out. The customer's number is masked: a hash keyed for this lake.
with customers as (
  select customer_id,
    max(case when not is_cancellation then invoice_day end) as last_day,
    count(distinct case when not is_cancellation then invoice_no end) as frequency,
    cast(sum(amount) as decimal(28, 4)) as monetary
  from silver_transactions
  where customer_id is not null
  group by customer_id
),
measured as (
  select customer_id, last_day, frequency, monetary, max(last_day) over () - last_day + 1 as recency_days, count(*) over () as customers
  from customers
  where last_day is not null
),
scored as (
  select *,
    cast(floor((rank() over (order by last_day) - 1) * 5.0 / customers) as integer) + 1 as recency_score,
    cast(floor((rank() over (order by frequency) - 1) * 5.0 / customers) as integer) + 1 as frequency_score,
    cast(floor((rank() over (order by monetary) - 1) * 5.0 / customers) as integer) + 1 as monetary_score
  from measured
)
select substr(sha256(concat(masking.key, scored.customer_id)), 1, 32) as customer, last_day as last_purchase_day,
  cast(recency_days as integer) as recency_days, frequency, monetary, recency_score, frequency_score, monetary_score,
  recency_score * 100 + frequency_score * 10 + monetary_score as rfm
from scored
cross join masking
order by monetary desc, customer
