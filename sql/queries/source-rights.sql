-- How can this role learn since when the oldest transaction is open?
select coalesce(has_function_privilege(to_regprocedure('public.sluice_oldest_transaction_at()')::oid, 'execute'), false) as has_function, pg_has_role('pg_read_all_stats', 'usage') as sees_all
