-- Which transactions are there, each once?
-- Reads silver_transactions (the rows of a month so far) and conformed_transactions (rows of that month that arrived), of the same columns.
-- Rows of one business key say the same: transaction_id is made of every business field. Of several the one with the first place in its topic is
-- kept, whenever it arrived, so that the order of arrival changes nothing.
select source_topic, source_partition, source_offset, invoice_no, stock_code, description, quantity, invoice_date, unit_price, customer_id,
  country, is_cancellation, transaction_id, invoice_day, amount
from (
  select *, row_number() over (
    partition by invoice_date, transaction_id order by source_topic, source_partition, source_offset
  ) as place
  from (select * from silver_transactions union all select * from conformed_transactions) as arrived
) as placed
where place = 1
order by invoice_date, transaction_id
