-- One transaction at a time works on a day's facts.
select pg_advisory_xact_lock(5312975, $1::integer)
