-- Which sale does each cancellation take back?
-- Reads silver_transactions. One row for each cancellation; the columns of the sale are null where there is none.
-- The rule: the sale has the same customer, stock code and unit price, was made no later than the cancellation, and has at least the cancelled
-- pieces left after earlier cancellations took theirs; of several the latest is meant. The cancellations of one customer, article and price
-- take their turns in the order of time. Guests have no customer number, so what they cancel is not matched; neither is what comes after
-- the 1000th turn.
-- Only the k latest sales that would do can be taken in turn k: earlier turns took pieces of at most k - 1 of them.
with recursive cancellations as (
  select transaction_id, invoice_no, invoice_date, customer_id, stock_code, unit_price, -cast(quantity as bigint) as quantity,
    row_number() over (partition by customer_id, stock_code, unit_price order by invoice_date, transaction_id) as turn
  from silver_transactions
  where is_cancellation
),
turns as (
  select * from cancellations where customer_id is not null and turn <= 1000
),
suiting as (
  select customer_id, stock_code, unit_price, sale_id, sale_date, sale_no, pieces
  from (
    select t.customer_id, t.stock_code, t.unit_price, t.turn, s.transaction_id as sale_id, s.invoice_date as sale_date, s.invoice_no as sale_no,
      s.quantity as pieces, row_number() over (partition by t.transaction_id order by s.invoice_date desc, s.transaction_id desc) as latest
    from turns as t
    join silver_transactions as s
      on s.customer_id = t.customer_id and s.stock_code = t.stock_code and s.unit_price = t.unit_price
      and not s.is_cancellation and s.invoice_date <= t.invoice_date and s.quantity >= t.quantity
  ) as ranked
  where latest <= turn
),
-- what each sale has left after a turn, and which cancellation took from it
rounds as (
  select distinct cast(0 as bigint) as turn, customer_id, stock_code, unit_price, sale_id, sale_date, sale_no, pieces as left_over,
    cast(null as varchar) as taken_by
  from suiting
  union all
  select turn, customer_id, stock_code, unit_price, sale_id, sale_date, sale_no,
    left_over - case when suits and place = 1 then quantity else 0 end,
    case when suits and place = 1 then cancellation_id end
  from (
    select t.turn, r.customer_id, r.stock_code, r.unit_price, r.sale_id, r.sale_date, r.sale_no, r.left_over, t.quantity,
      t.transaction_id as cancellation_id, r.left_over >= t.quantity and r.sale_date <= t.invoice_date as suits,
      row_number() over (
        partition by t.transaction_id
        order by case when r.left_over >= t.quantity and r.sale_date <= t.invoice_date then 0 else 1 end, r.sale_date desc, r.sale_id desc
      ) as place
    from rounds as r
    join turns as t
      on t.customer_id = r.customer_id and t.stock_code = r.stock_code and t.unit_price = r.unit_price and t.turn = r.turn + 1
  ) as played
)
select c.transaction_id, c.invoice_no, c.invoice_date, c.customer_id, c.stock_code, c.unit_price, c.quantity as cancelled_quantity,
  r.sale_id as cancels_transaction_id, r.sale_no as cancels_invoice_no, r.sale_date as cancels_invoice_date,
  case when r.sale_id is null then 0 else c.quantity end as matched_quantity
from cancellations as c
left join rounds as r on r.taken_by = c.transaction_id and r.sale_id is not null
order by c.invoice_date, c.transaction_id
