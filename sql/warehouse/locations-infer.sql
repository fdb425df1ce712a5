-- Gives a row to each location that a device names and that its source has not named yet.
insert into dwh.dim_locations (location_id, is_inferred, valid_from)
select distinct d.location_id, true, timestamptz '-infinity'
from dwh.dim_devices d
where d.location_id is not null and not exists (select from dwh.dim_locations l where l.location_id = d.location_id)
order by d.location_id
on conflict do nothing
