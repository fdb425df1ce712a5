-- How far a dataset is extracted.
select source_table, watermark_column, watermark, "key", snapshot_xmin::text as snapshot_xmin, version
from extraction_state
where dataset = $1
