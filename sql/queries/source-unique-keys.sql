-- The lists of columns that a source table's whole, valid unique indexes keep unique.
select array_agg(a.attname::text order by a.attnum) as columns
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey::int2[])
where n.nspname = $1 and c.relname = $2 and i.indisunique and i.indisvalid and i.indpred is null and not (0 = any (i.indkey::int2[]))
group by i.indexrelid
