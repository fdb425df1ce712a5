-- How far each partition is worked off.
select topic, "partition", next_offset
from consumed_offsets
where consumer = $1
