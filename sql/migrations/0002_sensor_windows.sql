-- Tumbling windows over event time, and the log of minutes whose readings changed since their windows were last computed.
create table window_invalidations (
  dataset text not null,
  bucket timestamptz not null
);
create index window_invalidations_by_dataset on window_invalidations (dataset, bucket);

create table sensor_windows (
  window_start timestamptz not null,
  window_minutes integer not null check (window_minutes > 0),
  sensor_id text not null,
  reading_count integer not null,
  temperature_avg numeric(5,2) not null,
  temperature_min numeric(5,2) not null,
  temperature_max numeric(5,2) not null,
  humidity_avg numeric(5,2) not null,
  pressure_avg numeric(6,2) not null,
  computed_at timestamptz not null default now(),
  primary key (window_minutes, window_start, sensor_id)
);
