-- Ends the version of each location of which the source says something else now: at the time that the source gives, if it gives another one than before
-- and that lies within the version's; else now, because what was said of the past was true then.
-- $1 are the source's rows.
update dwh.dim_locations d set
  valid_to = case when s.updated_at > greatest(d.valid_from, d.source_updated_at) and d.source_updated_at is not null and s.updated_at < now()
    then s.updated_at else now() end,
  is_current = false
from jsonb_to_recordset($1::jsonb) as s(
    location_id text, name text, building text, floor integer, city text, country text, timezone text, latitude numeric(9,6),
    longitude numeric(9,6), updated_at timestamptz
  )
where d.location_id = s.location_id and d.is_current and not d.is_inferred
  and row(d.name, d.building, d.floor, d.city, d.country, d.timezone, d.latitude, d.longitude)
    is distinct from row(s.name, s.building, s.floor, s.city, s.country, s.timezone, s.latitude, s.longitude)
returning d.valid_to
