-- Which records of the bronze transactions are good at sight, and what are their typed, standardised values?
-- Reads bronze_transactions (object, line): one JSON object for each record, null where a line is none; the record's own JSON is its last member.
-- Gives a row for each line: of a plain record its values; of any other the line itself, for the contract's validator to decide.
-- A plain record has the contract's eight fields in their order, in printable ASCII without escapes, and breaks no rule. For it this
-- statement gives what the validator gives, to the digits of transaction_id. What could be read in two ways is not plain: the hours in which
-- London's clocks change, years before its present rules, numbers in unusual forms.
with opened as (
  select object, line,
    json_transform(line, '{"topic": "VARCHAR", "partition": "INTEGER", "offset": "BIGINT", "value": {"InvoiceNo": "VARCHAR",
      "StockCode": "VARCHAR", "Description": "VARCHAR", "Quantity": "VARCHAR", "InvoiceDate": "VARCHAR", "UnitPrice": "VARCHAR",
      "CustomerID": "VARCHAR", "Country": "VARCHAR"}}') as record
  from bronze_transactions
),
texts as (
  select object, line, record.topic as source_topic, record."partition" as source_partition, record."offset" as source_offset,
    record.value.InvoiceNo as invoice_no, record.value.StockCode as stock_code, record.value.Description as description,
    record.value.Quantity as quantity, record.value.InvoiceDate as invoice_date, record.value.UnitPrice as unit_price,
    record.value.CustomerID as customer_id, record.value.Country as country,
    try_strptime(record.value.InvoiceDate, '%d/%m/%Y %H:%M') as wall_clock
  from opened
),
judged as (
  select *,
    coalesce(
      -- without a backslash every quote ends a string, so that a line which ends with this text has this value and no other member in it
      not contains(line, '\')
      and ends_with(line, concat('"value":{"InvoiceNo":"', invoice_no, '","StockCode":"', stock_code,
        '","Description":', '"' || description || '"', case when description is null then 'null' end,
        ',"Quantity":', case when contains(line, '"Quantity":"') then '"' || quantity || '"' else quantity end,
        ',"InvoiceDate":"', invoice_date,
        '","UnitPrice":', case when contains(line, '"UnitPrice":"') then '"' || unit_price || '"' else unit_price end,
        ',"CustomerID":', '"' || customer_id || '"', case when customer_id is null then 'null' end,
        ',"Country":"', country, '"}}'))
      and not contains(line, '"sluice-unparsable"')
      and source_topic is not null and source_partition is not null and source_offset is not null
      and case when invoice_no like 'C%' then regexp_full_match(invoice_no, 'C[0-9]{6}') and quantity like '-%'
        else regexp_full_match(invoice_no, '[0-9]{6}') and quantity not like '-%' end
      and regexp_full_match(quantity, '-?[1-9][0-9]{0,8}')
      and regexp_full_match(stock_code, '[!-~]([ -~]{0,48}[!-~])?')
      and (description is null or regexp_full_match(description, '[ -~]{0,500}'))
      and wall_clock is not null
      and regexp_full_match(invoice_date, '[0-9]{2}/[0-9]{2}/(199[6-9]|20[0-2][0-9]|203[0-7]) [0-9]{2}:[0-9]{2}')
      and not regexp_full_match(invoice_date, '(2[5-9]|3[01])/(03|10)/[0-9]{4} 01:[0-9]{2}')
      and regexp_full_match(unit_price, '(0|[1-9][0-9]{0,7})(\.[0-9]{1,4})?') and translate(unit_price, '0.', '') <> ''
      and (customer_id is null or regexp_full_match(customer_id, '[ -~]{0,20}'))
      and regexp_full_match(country, '[!-~]([ -~]{0,98}[!-~])?'),
      false) as is_plain
  from texts
),
-- whatever is not plain is null from here on: there are no filters, which engines would push down to the text and work out there once more
plain as (
  select object, source_topic, source_partition, source_offset, is_plain,
    case when is_plain then null else line end as line,
    case when is_plain then invoice_no end as invoice_no, case when is_plain then upper(stock_code) end as stock_code,
    case when is_plain then nullif(trim(description), '') end as description,
    case when is_plain then cast(quantity as integer) end as quantity, case when is_plain then wall_clock end as wall_clock,
    case when is_plain then wall_clock at time zone 'Europe/London' end as invoice_date,
    case when is_plain then cast(unit_price as decimal(12, 4)) end as unit_price,
    case when is_plain then nullif(trim(customer_id), '') end as customer_id, case when is_plain then country end as country,
    case when contains(unit_price, '.') then rtrim(rtrim(unit_price, '0'), '.') else unit_price end as price_text
  from judged
)
select object, line, source_topic, source_partition, source_offset,
  invoice_no, stock_code, description, quantity, invoice_date, unit_price, customer_id, country, invoice_no like 'C%' as is_cancellation,
  -- the validator's: SHA-256 of the stored business fields as a JSON array, in the contract's order
  case when is_plain then substr(sha256(concat('["', invoice_no, '","', stock_code, '",', coalesce('"' || description || '"', 'null'), ',',
    quantity, ',', epoch_ms(invoice_date), ',', price_text, ',', coalesce('"' || customer_id || '"', 'null'), ',"', country, '"]')), 1, 32)
  end as transaction_id,
  cast(wall_clock as date) as invoice_day, cast(cast(unit_price as decimal(22, 4)) * quantity as decimal(24, 4)) as amount
from plain
