-- Products: how are the prices distributed, in ten bands of equal width?
with bounds as (
  select min(price) as least, max(price) as greatest from clean_products
), banded as (
  select price, least, greatest,
    case when greatest = least then 1 else least(width_bucket(price, least, greatest, 10), 10) end as band
  from clean_products cross join bounds
)
select band, round(least + (greatest - least) * (band - 1) / 10, 2) as price_from, round(least + (greatest - least) * band / 10, 2) as price_to,
  count(*) as product_count, round(avg(price), 2) as average_price
from banded
group by band, least, greatest
order by band
