-- What is the source table: its kind, and whether it has a column xmin as tables have?
select c.relkind::text as kind, current_setting('TimeZone') as time_zone
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relname = $2
