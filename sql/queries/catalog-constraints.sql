-- Primary keys and checks of the tables of the current schema, as the migration planner compares them.
select c.relname as "table", k.conname as name, pg_get_constraintdef(k.oid) as definition
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
where c.relnamespace = current_schema()::regnamespace and k.contype in ('p', 'c')
