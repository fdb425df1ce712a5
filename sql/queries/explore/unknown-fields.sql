-- Which fields come that no contract knows, since when, and how often?
select dataset, field, record_count, first_seen_at, last_seen_at
from unknown_field_counts
order by dataset, record_count desc, field
