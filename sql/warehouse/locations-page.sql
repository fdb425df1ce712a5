-- A page of locations: those after $1, at most $2. Numbers as text: nothing is rounded on the way.
select location_id, name, building, floor, city, country, timezone, latitude::text, longitude::text, updated_at
from iot_locations.locations
where location_id > $1
order by location_id
limit $2
