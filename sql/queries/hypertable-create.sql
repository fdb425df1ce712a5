-- Makes a table a hypertable by its time column, with a chunk for each day; a second call changes nothing.
select create_hypertable($1::regclass, $2::name, chunk_time_interval => interval '1 day', if_not_exists => true, migrate_data => true)
