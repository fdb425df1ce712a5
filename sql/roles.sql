-- Who may do what in the embedded database? Run by the superuser at every start, inside the database; creates only what is missing.
-- Passwords come in as settings of the session, so that no statement text holds one.
do $$
declare
  missing text;
begin
  foreach missing in array array['sluice_owner', 'sluice_app', 'sluice_reader'] loop
    if not exists (select from pg_roles where rolname = missing) then
      execute format('create role %I login password %L', missing, current_setting('sluice.' || missing));
    end if;
  end loop;
end $$;

-- the owner creates and changes tables: migrations
alter database sluice owner to sluice_owner;
revoke all on database sluice from public;
grant connect, temporary on database sluice to sluice_app;
grant connect on database sluice to sluice_reader;

-- functions read and write rows, and load batches through temporary tables
grant usage on schema public to sluice_app, sluice_reader;
alter default privileges for role sluice_owner grant usage on schemas to sluice_app, sluice_reader;
alter default privileges for role sluice_owner grant select, insert, update, delete on tables to sluice_app;
alter default privileges for role sluice_owner grant usage, select on sequences to sluice_app;

-- people and tools that look
alter default privileges for role sluice_owner grant select on tables to sluice_reader;
alter role sluice_reader set default_transaction_read_only = on;

-- extraction must not pass a row that an open transaction may still write: it needs to know since when the oldest one is open,
-- and nothing else of other people's sessions. The clock is read before the list, so that whoever starts in between is later.
create or replace function public.sluice_oldest_transaction_at() returns timestamptz
language sql volatile security definer set search_path = pg_catalog as $$
  select least(
    now(),
    (select min(xact_start) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type <> 'autovacuum worker'),
    (select min(prepared) from pg_prepared_xacts where database = current_database())
  )
$$;
revoke all on function public.sluice_oldest_transaction_at() from public;
grant execute on function public.sluice_oldest_transaction_at() to sluice_owner, sluice_app;
