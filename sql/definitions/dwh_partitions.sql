-- Partitions of the facts: made before rows are written, dropped when their time is over. They run as the owner of the schema, because who writes
-- rows may make and drop no tables; only who may write facts may call them.
create or replace function dwh.ensure_partitions(least_time timestamptz, greatest_time timestamptz) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $function$
declare
  policy record;
  first_day timestamptz;
  name text;
  made integer := 0;
begin
  -- one at a time: two would make the same partition
  perform pg_advisory_xact_lock(5312974);
  for policy in
    select p.table_name, make_interval(days => p.partition_days) as width
    from dwh.table_policies p join pg_class c on c.oid = format('dwh.%I', p.table_name)::regclass
    where c.relkind = 'p'
  loop
    first_day := date_bin(policy.width, least_time, timestamptz '2000-01-01 00:00Z');
    while first_day <= greatest_time loop
      name := policy.table_name || to_char(first_day, '_YYYYMMDD');
      if to_regclass(format('dwh.%I', name)) is null then
        -- made apart and then attached: readers and writers of other partitions go on
        execute format('create table dwh.%I (like dwh.%I including defaults)', name, policy.table_name);
        execute format('alter table dwh.%I attach partition dwh.%I for values from (%L) to (%L)', policy.table_name, name, first_day, first_day + policy.width);
        made := made + 1;
      end if;
      first_day := first_day + policy.width;
    end loop;
  end loop;
  return made;
end $function$;

create or replace function dwh.drop_expired(as_of timestamptz) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $function$
declare
  expired record;
  dropped integer := 0;
begin
  for expired in
    select format('%I.%I', n.nspname, child.relname) as name
    from dwh.table_policies p
    join pg_inherits i on i.inhparent = format('dwh.%I', p.table_name)::regclass
    join pg_class child on child.oid = i.inhrelid
    join pg_namespace n on n.oid = child.relnamespace
    where p.keep_days is not null
      and (regexp_match(pg_get_expr(child.relpartbound, child.oid), $bound$TO \('([^']+)'\)$bound$))[1]::timestamptz <= as_of - make_interval(days => p.keep_days)
  loop
    execute format('drop table %s', expired.name);
    dropped := dropped + 1;
  end loop;
  return dropped;
end $function$;

create or replace function dwh.drop_expired_chunks(as_of timestamptz) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $function$
declare
  policy record;
  dropped integer := 0;
  chunks integer;
begin
  if not exists (select from pg_extension where extname = 'timescaledb') then return 0; end if;
  for policy in select table_name, make_interval(days => keep_days) as kept from dwh.table_policies where keep_days is not null loop
    execute 'select count(*) from drop_chunks($1::regclass, older_than => $2)' into chunks using format('dwh.%I', policy.table_name), as_of - policy.kept;
    dropped := dropped + chunks;
  end loop;
  return dropped;
end $function$;

do $$
declare
  writer text;
begin
  revoke execute on function dwh.ensure_partitions(timestamptz, timestamptz), dwh.drop_expired(timestamptz), dwh.drop_expired_chunks(timestamptz) from public;
  for writer in
    select quote_ident(r.rolname)
    from pg_class c cross join aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee
    where c.oid = 'dwh.fact_sensor_readings_enriched'::regclass and a.privilege_type = 'INSERT'
  loop
    execute format('grant execute on function dwh.ensure_partitions(timestamptz, timestamptz), dwh.drop_expired(timestamptz), dwh.drop_expired_chunks(timestamptz) to %s', writer);
  end loop;
end $$;
