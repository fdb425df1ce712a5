-- The systems that the warehouse draws from: where devices hang (always here), and the device registry where no MySQL keeps it.
create schema iot_locations;

create table iot_locations.locations (
  location_id text primary key,
  name text not null,
  building text not null,
  floor integer not null,
  city text not null,
  country text not null,
  timezone text not null,
  latitude numeric(9,6) not null,
  longitude numeric(9,6) not null,
  updated_at timestamptz not null default now()
);

create table iot_locations.maintenance_log (
  device_id text not null,
  fault_from timestamptz not null,
  fault_to timestamptz not null,
  kind text not null check (kind in ('spike', 'drift', 'stuck', 'dropout')),
  noted_at timestamptz not null default now(),
  primary key (device_id, fault_from, kind),
  check (fault_to >= fault_from)
);
comment on table iot_locations.maintenance_log is 'Faults of devices as the operators know them, from fault_from to fault_to, both included.';

-- The columns are those of infra/compose/mysql-init.sql. MySQL's datetime has no zone: it holds UTC.
create schema iot_devices;

create table iot_devices.device_types (
  device_type_id integer primary key,
  code text not null unique,
  name text not null,
  unit text not null,
  min_value numeric(12,4) not null,
  max_value numeric(12,4) not null,
  accuracy numeric(12,4) not null check (accuracy > 0)
);

create table iot_devices.devices (
  device_id text primary key,
  device_type_id integer not null references iot_devices.device_types,
  location_id text,
  serial_number numeric(20,0) not null,
  model text not null,
  firmware_version text not null,
  calibration_offset numeric(12,6) not null default 0,
  reading_interval_seconds integer not null check (reading_interval_seconds > 0),
  status text not null check (status in ('active', 'inactive', 'retired')),
  installed_at timestamp(6) not null,
  updated_at timestamp(6) not null
);
comment on schema iot_devices is 'Stands in for the MySQL database of the device registry where MYSQL_URL names none.';
