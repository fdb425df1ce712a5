-- Before a summary is computed: nobody whose process ended meanwhile still writes it, and there is memory for the windows of one share of the log.
select pg_advisory_xact_lock(hashtextextended('summary table:' || $1, 0)), set_config('work_mem', '64MB', true)
