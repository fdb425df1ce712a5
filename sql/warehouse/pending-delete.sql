-- Removes notes that are worked off.
delete from dwh.pending_hours where id = any ($1::bigint[])
