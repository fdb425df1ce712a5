-- The simulated building's locations, where they are not known yet.
insert into iot_locations.locations (location_id, name, building, floor, city, country, timezone, latitude, longitude, updated_at)
select * from jsonb_to_recordset($1::jsonb) as s(
  location_id text, name text, building text, floor integer, city text, country text, timezone text, latitude numeric, longitude numeric, updated_at timestamptz)
on conflict do nothing
