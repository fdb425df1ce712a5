-- What happened to every record: how far each partition is worked off, and what became of the records up to there.
-- A cluster's id is part of both keys: another cluster, or an emptied one, counts its offsets from 0 again.
create table consumed_offsets (
  cluster_id text not null,
  consumer text not null,
  topic text not null,
  "partition" integer not null,
  next_offset bigint not null check (next_offset >= 0),
  updated_at timestamptz not null default now(),
  primary key (cluster_id, consumer, topic, "partition")
);

create table record_counts (
  cluster_id text not null,
  dataset text not null,
  topic text not null,
  "partition" integer not null,
  run_id text not null default '',
  disposition text not null check (disposition in ('valid', 'quarantined', 'duplicate', 'reason')),
  reason text not null default '',
  record_count bigint not null,
  primary key (cluster_id, topic, "partition", run_id, disposition, reason)
);
create index record_counts_by_run on record_counts (run_id) where run_id <> '';

comment on table record_counts is 'Counts of one partition and run; rows of the disposition reason count a quarantined record once for each of its reasons.';
