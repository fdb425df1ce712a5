-- Who sent quarantined records back to their topic, when, and how many; and which fields come that no contract knows.
create table replays (
  id bigint generated always as identity primary key,
  dataset text not null,
  filter jsonb not null,
  requested_by text not null,
  contract_version text not null,
  dry_run boolean not null,
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  candidates bigint not null default 0,
  passed bigint not null default 0,
  sent bigint not null default 0,
  refused bigint not null default 0,
  is_complete boolean not null default false,
  error text
);
create index replays_by_dataset on replays (dataset, started_at);

comment on table replays is 'One row a replay, dry runs included; ended_at is empty while it runs and for good where its process was killed.';

create table unknown_field_counts (
  dataset text not null,
  field text not null,
  record_count bigint not null,
  first_seen_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  primary key (dataset, field)
);

comment on table unknown_field_counts is 'Fields that records of a dataset with the policy evolve have and its contract does not know.';
