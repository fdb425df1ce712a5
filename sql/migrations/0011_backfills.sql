-- Ranges of a topic that are processed again, and how far each partition is; progress commits with the rows.
create table backfills (
  id text primary key,
  dataset text not null,
  cluster_id text not null,
  topic text not null,
  range_by text not null check (range_by in ('record-time', 'event-time')),
  range_from timestamptz not null,
  range_to timestamptz not null,
  partitions integer[] not null,
  contract_version text not null,
  created_at timestamptz not null default now(),
  finished_at timestamptz
);
create index backfills_unfinished on backfills (dataset) where finished_at is null;

create table backfill_partitions (
  backfill_id text not null references backfills on delete cascade,
  "partition" integer not null,
  first_offset bigint not null,
  next_offset bigint not null check (next_offset >= first_offset),
  end_offset bigint not null check (end_offset >= next_offset),
  record_count bigint not null default 0,
  restored_count bigint not null default 0,
  present_count bigint not null default 0,
  invalid_count bigint not null default 0,
  updated_at timestamptz not null default now(),
  primary key (backfill_id, "partition")
);
comment on column backfill_partitions.record_count is 'Records inside the range; each of them was restored, was present, or is invalid.';
