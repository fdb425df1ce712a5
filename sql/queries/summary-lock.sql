-- One refresh of a dataset at a time: an older snapshot must not write over what a newer one computed.
select pg_advisory_xact_lock(hashtextextended('summary:' || $1, 0))
