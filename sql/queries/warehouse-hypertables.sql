-- Makes the warehouse's facts hypertables, with chunks as long as their policies say; a second call changes nothing.
select create_hypertable(format('dwh.%I', table_name)::regclass, time_column::name, chunk_time_interval => make_interval(days => partition_days), if_not_exists => true, migrate_data => true)
from dwh.table_policies order by table_name
