-- Products: how many came raw, how many are clean, how many are in the quarantine?
select
  (select count(*) from raw_products) as total_raw,
  (select count(*) from clean_products) as clean,
  (select count(*) from quarantine_products) as quarantined
