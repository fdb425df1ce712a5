-- One load of the gold tables at a time: a second waits here until the first has committed.
select pg_advisory_xact_lock(hashtext('gold.loads'))
