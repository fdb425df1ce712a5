-- A replay begins.
insert into replays (dataset, filter, requested_by, contract_version, dry_run) values ($1, $2, $3, $4, $5) returning id::text
