-- The tables that a misspelt name may have meant.
select format('%s.%s', n.nspname, c.relname) as name
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and n.nspname !~ '^(pg_|information_schema)'
order by n.nspname = $1 desc, 1
limit 1000
