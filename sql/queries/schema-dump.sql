-- The schema as text, one object or column a line, in an order that does not depend on when it was made; sql/schema.sql is this query's answer.
select line from (
  select 1 as kind, c.relname as object, 0 as position, format('table %I', c.relname) as line
  from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
  union all
  select 1, c.relname, a.attnum,
    format('  column %I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod), case when a.attnotnull then ' not null' else '' end,
      case when a.attidentity <> '' then ' identity' when d.oid is not null then ' default ' || pg_get_expr(d.adbin, d.adrelid) else '' end)
  from pg_class c join pg_attribute a on a.attrelid = c.oid left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
  union all
  select 1, c.relname, 10000 + row_number() over (partition by c.oid order by k.contype, k.conname), format('  constraint %I %s', k.conname, pg_get_constraintdef(k.oid))
  from pg_class c join pg_constraint k on k.conrelid = c.oid
  where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and k.contype <> 'n'
  union all
  select 1, i.tablename, 20000 + row_number() over (partition by i.tablename order by i.indexname), format('  index %s', i.indexdef)
  from pg_indexes i
  where i.schemaname = current_schema() and not exists (select from pg_constraint k where k.conname = i.indexname and k.connamespace = current_schema()::regnamespace)
  union all
  select 2, c.relname, 0, format('view %I as%s', c.relname, regexp_replace(pg_get_viewdef(c.oid), '\s+', ' ', 'g'))
  from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind = 'v'
) as lines
order by kind, object, position
