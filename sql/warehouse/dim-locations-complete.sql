-- Puts what the source says of a location into the row that was inferred for it. $1 are the source's rows.
update dwh.dim_locations d set
  name = s.name, building = s.building, floor = s.floor, city = s.city, country = s.country, timezone = s.timezone, latitude = s.latitude,
  longitude = s.longitude,
  source_updated_at = s.updated_at, is_inferred = false
from jsonb_to_recordset($1::jsonb) as s(
    location_id text, name text, building text, floor integer, city text, country text, timezone text, latitude numeric(9,6),
    longitude numeric(9,6), updated_at timestamptz
  )
where d.location_id = s.location_id and d.is_current and d.is_inferred
returning d.valid_from
