-- Products: what is the stock worth, in three bands of price?
select
  case when price < 20 then 'Budget' when price < 60 then 'Mid-range' else 'Premium' end as price_band,
  count(*) as product_count,
  sum(price * stock) as inventory_value
from clean_products
group by 1
order by min(price)
