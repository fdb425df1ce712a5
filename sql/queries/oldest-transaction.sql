-- Since when is the oldest transaction of this database open, as far as this role may see? No later than this statement began.
select to_char(least(
  now(),
  (select min(xact_start) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type <> 'autovacuum worker'),
  (select min(prepared) from pg_prepared_xacts where database = current_database())
) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as oldest_transaction_at
