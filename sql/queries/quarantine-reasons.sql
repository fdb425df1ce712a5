-- How many rows of a quarantine have each reason, and how many of them were sent back; "quarantine" stands for the dataset's table.
select reason, count(*)::integer as record_count, count(replayed_at)::integer as replayed_count
from "quarantine", unnest(reasons) as reason
group by reason
order by record_count desc, reason
