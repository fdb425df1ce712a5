-- The range of an export, for statements that take no parameters; until the transaction ends.
select
  set_config('sluice.features_from', $1, true),
  set_config('sluice.features_to', $2, true),
  set_config('sluice.features_horizon', $3 || ' minutes', true),
  set_config('TimeZone', 'UTC', true)
