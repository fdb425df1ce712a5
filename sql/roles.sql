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
