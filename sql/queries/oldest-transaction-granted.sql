-- Since when is the oldest transaction of this database open? Through the function that sees all sessions.
select to_char(public.sluice_oldest_transaction_at() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as oldest_transaction_at
