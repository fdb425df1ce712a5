-- Notes on quarantined rows which replay sent them back; "quarantine" stands for the dataset's table.
update "quarantine" set replayed_at = now(), replay_id = $2 where id = any ($1::bigint[])
