-- What ran by the clock or by hand, how it ended, and which schedules somebody switched on or off.
create table schedule_settings (
  schedule_id text primary key,
  -- null: as serverless.yml says
  is_enabled boolean,
  expression text,
  -- every due time up to here has had its run; null while the schedule is disabled, when nothing is missed
  due_until timestamptz
);

create table schedule_runs (
  run_id uuid primary key,
  schedule_id text not null,
  function_name text not null,
  expression text not null,
  trigger text not null check (trigger in ('schedule', 'catch-up', 'manual')),
  due_at timestamptz not null,
  -- earlier due times that this run stands for as well: they came while another run was going on, or while nothing ran
  coalesced_count integer not null default 0,
  -- null: asked for and not started
  started_at timestamptz,
  ended_at timestamptz,
  duration_ms integer,
  -- null: not ended
  outcome text check (outcome in ('ok', 'failed', 'timed_out', 'interrupted', 'skipped')),
  error text,
  request_id text
);
create index schedule_runs_by_schedule on schedule_runs (schedule_id, due_at desc);
create index schedule_runs_open on schedule_runs (schedule_id) where outcome is null;

-- runs that ever ended: schedule_runs holds the last ones only
create table schedule_run_counts (
  schedule_id text not null,
  outcome text not null,
  run_count bigint not null,
  primary key (schedule_id, outcome)
);
