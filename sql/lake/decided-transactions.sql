-- What are the silver rows of the records that the contract's validator decided?
-- Reads decided_transactions: the validator's values, as they are told in JSON: the time in epoch milliseconds, the price as text.
select object, cast(null as varchar) as line, source_topic, source_partition, source_offset,
  invoice_no, stock_code, description, quantity, make_timestamptz(cast(invoice_date * 1000 as bigint)) as invoice_date,
  cast(unit_price as decimal(12, 4)) as unit_price, customer_id, country, is_cancellation, transaction_id,
  cast(make_timestamptz(cast(invoice_date * 1000 as bigint)) at time zone 'Europe/London' as date) as invoice_day,
  cast(cast(unit_price as decimal(22, 4)) * quantity as decimal(24, 4)) as amount
from decided_transactions
