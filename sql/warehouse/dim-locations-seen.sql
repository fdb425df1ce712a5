-- Notes when the source changed a row last, also where nothing of it is in the dimension: the next change is told from it. $1 are the source's rows.
update dwh.dim_locations d set source_updated_at = s.updated_at
from jsonb_to_recordset($1::jsonb) as s(location_id text, updated_at timestamptz)
where d.location_id = s.location_id and d.is_current and not d.is_inferred and d.source_updated_at is distinct from s.updated_at
