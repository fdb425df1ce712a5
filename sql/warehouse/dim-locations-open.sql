-- Begins a version of each location that has none now: where the last one ended, or ever since. $1 are the source's rows.
insert into dwh.dim_locations (location_id, name, building, floor, city, country, timezone, latitude, longitude, source_updated_at, valid_from)
select s.location_id, s.name, s.building, s.floor, s.city, s.country, s.timezone, s.latitude, s.longitude, s.updated_at,
  coalesce((select max(d.valid_to) from dwh.dim_locations d where d.location_id = s.location_id), timestamptz '-infinity')
from jsonb_to_recordset($1::jsonb) as s(
    location_id text, name text, building text, floor integer, city text, country text, timezone text, latitude numeric(9,6),
    longitude numeric(9,6), updated_at timestamptz
  )
where not exists (select from dwh.dim_locations d where d.location_id = s.location_id and d.is_current)
order by s.location_id
