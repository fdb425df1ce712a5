-- Adds a batch's counts of fields that the contract does not know. Names that producers make up are endless: a dataset keeps $4 of them.
insert into unknown_field_counts (dataset, field, record_count)
select $1, u.field, u.record_count
from unnest($2::text[], $3::bigint[]) as u(field, record_count)
where (select count(*) from unknown_field_counts where dataset = $1) < $4
  or exists (select from unknown_field_counts k where k.dataset = $1 and k.field = u.field)
order by u.field
on conflict (dataset, field) do update set record_count = unknown_field_counts.record_count + excluded.record_count, last_seen_at = now()
