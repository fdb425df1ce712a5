-- Compresses and drops chunks of the warehouse's facts as their policies say, where TimescaleDB's edition can: the Apache edition has neither job.
do $$
declare
  policy record;
begin
  if current_setting('timescaledb.license', true) is distinct from 'timescale' then return; end if;
  for policy in select *, format('dwh.%I', table_name) as name from dwh.table_policies loop
    perform remove_compression_policy(policy.name::regclass, if_exists => true);
    perform remove_retention_policy(policy.name::regclass, if_exists => true);
    if policy.compress_after_days is not null then
      execute format('alter table %s set (timescaledb.compress, timescaledb.compress_segmentby = %L, timescaledb.compress_orderby = %L)',
        policy.name, 'device_id', policy.time_column);
      perform add_compression_policy(policy.name::regclass, make_interval(days => policy.compress_after_days));
    end if;
    if policy.keep_days is not null then
      perform add_retention_policy(policy.name::regclass, make_interval(days => policy.keep_days));
    end if;
  end loop;
end $$
