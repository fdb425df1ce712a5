-- One refresh of a dataset at a time: an older snapshot must not write over what a newer one computed. With memory for the windows of its share of the log.
select pg_advisory_xact_lock(hashtextextended('summary:' || $1, 0)), set_config('work_mem', '64MB', true)
