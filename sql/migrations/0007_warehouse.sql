-- The warehouse: dimensions with their history, facts by time, and how long facts are kept.
-- Keys of facts are not foreign keys: a fact's row is joined to its dimensions by the statement that makes it, and a check for each row costs more than
-- the row. The fact tables are partitioned by time; where TimescaleDB is there, they become hypertables instead (layers/store/migrate.ts).
create schema dwh;

create table dwh.dim_locations (
  location_key bigint generated always as identity primary key,
  location_id text not null,
  name text,
  building text,
  floor integer,
  city text,
  country text,
  timezone text,
  latitude numeric(9,6),
  longitude numeric(9,6),
  is_inferred boolean not null default false,
  valid_from timestamptz not null,
  valid_to timestamptz not null default 'infinity',
  is_current boolean not null default true,
  unique (location_id, valid_from),
  check (valid_from < valid_to)
);
create unique index dim_locations_current on dwh.dim_locations (location_id) where is_current;

create table dwh.dim_devices (
  device_key bigint generated always as identity primary key,
  device_id text not null,
  device_type text,
  type_name text,
  unit text,
  min_value numeric(12,4),
  max_value numeric(12,4),
  accuracy numeric(12,4),
  location_id text,
  serial_number numeric(20,0),
  model text,
  firmware_version text,
  calibration_offset numeric(12,6),
  reading_interval_seconds integer,
  status text,
  installed_at timestamptz,
  is_inferred boolean not null default false,
  valid_from timestamptz not null,
  valid_to timestamptz not null default 'infinity',
  is_current boolean not null default true,
  unique (device_id, valid_from),
  check (valid_from < valid_to)
);
create unique index dim_devices_current on dwh.dim_devices (device_id) where is_current;

comment on table dwh.dim_devices is 'A row for each version of a device, from valid_from up to, but not including, valid_to; inferred where readings came before the registry knew it.';
comment on table dwh.dim_locations is 'A row for each version of a location, from valid_from up to, but not including, valid_to; inferred where a device names a location that is not known.';

do $$
declare
  has_timescale constant boolean := exists (select from pg_available_extensions where name = 'timescaledb');
begin
  execute format($table$
    create table dwh.fact_sensor_readings_enriched (
      time timestamptz not null,
      device_id text not null,
      device_key bigint not null,
      location_key bigint,
      device_type text,
      location_id text,
      unit text,
      value numeric(9,3) not null,
      battery_level numeric(5,2),
      rolling_mean double precision,
      rolling_stddev double precision,
      rolling_count integer not null,
      z_score double precision,
      baseline double precision,
      drift double precision,
      stuck_seconds integer not null,
      gap_seconds integer,
      is_anomaly boolean not null,
      anomaly_score double precision not null,
      anomaly_kinds text[] not null,
      quality_score numeric(4,3) not null,
      failed_rules text[] not null,
      enriched_at timestamptz not null default now(),
      primary key (time, device_id)
    ) %s$table$, case when has_timescale then '' else 'partition by range (time)' end);
  execute format($table$
    create table dwh.fact_hourly_agg (
      bucket timestamptz not null,
      device_id text not null,
      device_key bigint not null,
      location_key bigint,
      device_type text,
      location_id text,
      reading_count integer not null,
      avg_value double precision not null,
      min_value numeric(9,3) not null,
      max_value numeric(9,3) not null,
      stddev_value double precision,
      anomaly_count integer,
      avg_quality_score numeric(4,3),
      computed_at timestamptz not null default now(),
      primary key (bucket, device_id)
    ) %s$table$, case when has_timescale then '' else 'partition by range (bucket)' end);
end $$;

create index fact_sensor_readings_enriched_by_device on dwh.fact_sensor_readings_enriched (device_id, time);

-- Hours whose facts have to be made again; a log, not a set, so that a row about to be deleted never stands for a later change.
create table dwh.pending_hours (
  id bigint generated always as identity primary key,
  bucket timestamptz not null
);

comment on column dwh.fact_sensor_readings_enriched.anomaly_score is 'How many times the threshold of the strongest rule, at most 10; at least 1 where is_anomaly.';
comment on column dwh.fact_sensor_readings_enriched.quality_score is 'Rules that the reading passes among all of them; the others are in failed_rules.';

create table dwh.table_policies (
  table_name text primary key,
  time_column text not null,
  partition_days integer not null check (partition_days > 0),
  compress_after_days integer check (compress_after_days > 0),
  keep_days integer check (keep_days > 0)
);
insert into dwh.table_policies (table_name, time_column, partition_days, compress_after_days, keep_days) values
  ('fact_sensor_readings_enriched', 'time', 1, 7, 90),
  ('fact_hourly_agg', 'bucket', 7, 7, 365);
comment on table dwh.table_policies is 'How the facts are cut by time, compressed (TimescaleDB, community edition) and dropped; change a row to change it.';
