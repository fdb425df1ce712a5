-- The columns of a source table, with the types that their domains rest on; an enumeration reads as text.
select a.attname as name, not a.attnotnull as nullable,
  case when t.typtype = 'e' then 'text' when t.typtype = 'd' then format_type(t.typbasetype, null) else format_type(a.atttypid, null) end as type
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_type t on t.oid = a.atttypid
where n.nspname = $1 and c.relname = $2 and a.attnum > 0 and not a.attisdropped
order by a.attnum
