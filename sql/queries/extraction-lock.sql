-- One extraction of a dataset at a time: held until the connection ends. 5311 is `sluice` shortened.
select pg_try_advisory_lock(5311, hashtext($1)) as is_locked
