-- The schemas as text, one object or column a line, in an order that does not depend on when it was made; sql/schema.sql is this query's answer.
-- Names outside of the default schema carry theirs.
with objects as (
  select c.oid, c.relkind, case when n.nspname = current_schema() then quote_ident(c.relname) else format('%I.%I', n.nspname, c.relname) end as name
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname !~ '^(pg_|information_schema|_?timescaledb)' and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
)
select line from (
  select 1 as kind, name as object, 0::bigint as position, format('table %s', name) as line
  from objects where relkind in ('r', 'p')
  union all
  select 1, o.name, a.attnum,
    format('  column %I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod), case when a.attnotnull then ' not null' else '' end,
      case when a.attidentity <> '' then ' identity' when d.oid is not null then ' default ' || pg_get_expr(d.adbin, d.adrelid) else '' end)
  from objects o join pg_attribute a on a.attrelid = o.oid left join pg_attrdef d on d.adrelid = o.oid and d.adnum = a.attnum
  where o.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
  union all
  select 1, o.name, 10000 + row_number() over (partition by o.oid order by k.contype, k.conname), format('  constraint %I %s', k.conname, pg_get_constraintdef(k.oid))
  from objects o join pg_constraint k on k.conrelid = o.oid
  where o.relkind in ('r', 'p') and k.contype <> 'n'
  union all
  select 1, o.name, 20000 + row_number() over (partition by o.oid order by x.relname), format('  index %s', pg_get_indexdef(x.oid))
  from objects o join pg_index i on i.indrelid = o.oid join pg_class x on x.oid = i.indexrelid
  where not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.conrelid = o.oid)
  union all
  select 2, o.name, 0, format('%s %s as%s', case when o.relkind = 'm' then 'materialized view' else 'view' end, o.name, regexp_replace(pg_get_viewdef(o.oid), '\s+', ' ', 'g'))
  from objects o where o.relkind in ('v', 'm')
) as lines
order by kind, object collate "C", position
