-- The device registry as MySQL 8 or MariaDB keeps it, with the simulated building's devices. Times are UTC.
-- docker-compose.yml runs it once; for a server of your own: mysql < infra/compose/mysql-init.sql
set names utf8mb4;

create database if not exists iot_devices character set utf8mb4 collate utf8mb4_bin;
use iot_devices;

create table if not exists device_types (
  device_type_id int not null primary key,
  code varchar(20) not null unique,
  name varchar(100) not null,
  unit varchar(20) not null,
  min_value decimal(12,4) not null,
  max_value decimal(12,4) not null,
  accuracy decimal(12,4) not null check (accuracy > 0)
);

create table if not exists devices (
  device_id varchar(100) not null primary key,
  device_type_id int not null,
  location_id varchar(100),
  serial_number bigint unsigned not null,
  model varchar(100) not null,
  firmware_version varchar(50) not null,
  calibration_offset decimal(12,6) not null default 0,
  reading_interval_seconds int not null check (reading_interval_seconds > 0),
  status enum('active', 'inactive', 'retired') not null,
  installed_at datetime(6) not null,
  updated_at datetime(6) not null,
  foreign key (device_type_id) references device_types (device_type_id)
);

insert ignore into device_types (device_type_id, code, name, unit, min_value, max_value, accuracy) values
  (1, 'TEMP', 'Thermometer 🌡', '°C', '-40.0000', '85.0000', '0.5000'),
  (2, 'HUM', 'Hygrometer', '%', '0.0000', '100.0000', '2.0000'),
  (3, 'PRES', 'Barometer', 'hPa', '870.0000', '1085.0000', '1.0000'),
  (4, 'VIB', 'Accelerometer', 'mm/s', '0.0000', '50.0000', '0.3000'),
  (5, 'CO2', 'CO₂ sensor', 'ppm', '0.0000', '5000.0000', '40.0000');

insert ignore into devices (device_id, device_type_id, location_id, serial_number, model, firmware_version, calibration_offset, reading_interval_seconds, status, installed_at, updated_at) values
  ('TEMP-001', 1, 'LOC-001', '9007199254740993', 'TEMP-X1', '2.0.0', '0.000000', 60, 'active', '2025-03-01 08:00:00.000000', '2025-03-01 08:00:00.000001'),
  ('HUM-001', 2, 'LOC-002', '9007199254740994', 'HUM-X2', '2.1.0', '0.000125', 60, 'active', '2025-03-01 08:00:00.000000', '2025-03-01 08:00:00.000001'),
  ('PRES-001', 3, 'LOC-003', '9007199254740995', 'PRES-X3', '2.2.0', '0.000250', 60, 'active', '2025-03-01 08:00:00.000000', '2025-03-01 08:00:00.000001'),
  ('VIB-001', 4, 'LOC-004', '9007199254740996', 'VIB-X1', '2.3.0', '0.000375', 60, 'active', '2025-03-01 08:00:00.000000', '2025-03-01 08:00:00.000001'),
  ('CO2-001', 5, 'LOC-005', '9007199254740997', 'CO2-X2', '2.0.0', '0.000500', 60, 'active', '2025-03-01 08:00:00.000000', '2025-03-01 08:00:00.000001'),
  ('TEMP-002', 1, 'LOC-002', '9007199254740998', 'TEMP-X3', '2.1.0', '0.000625', 60, 'active', '2025-03-01 08:00:00.000000', '2025-03-01 08:00:00.000001'),
  ('HUM-002', 2, 'LOC-003', '9007199254740999', 'HUM-X1', '2.2.0', '0.000750', 60, 'active', '2025-03-01 08:00:00.000000', '2025-03-01 08:00:00.000001'),
  ('PRES-002', 3, 'LOC-004', '9007199254741000', 'PRES-X2', '2.3.0', '0.000000', 60, 'active', '2025-03-01 08:00:00.000000', '2025-03-01 08:00:00.000001'),
  ('VIB-002', 4, 'LOC-005', '9007199254741001', 'VIB-X3', '2.0.0', '0.000125', 60, 'active', '2025-03-01 08:00:00.000000', '2025-03-01 08:00:00.000001'),
  ('CO2-002', 5, 'LOC-001', '9007199254741002', 'CO2-X1', '2.1.0', '0.000250', 60, 'active', '2025-03-01 08:00:00.000000', '2025-03-01 08:00:00.000001'),
  ('TEMP-003', 1, 'LOC-003', '9007199254741003', 'TEMP-X2', '2.2.0', '0.000375', 60, 'active', '2025-03-01 08:00:00.000000', '2025-03-01 08:00:00.000001'),
  ('HUM-003', 2, 'LOC-004', '9007199254741004', 'HUM-X3', '2.3.0', '0.000500', 60, 'active', '2025-03-01 08:00:00.000000', '2025-03-01 08:00:00.000001'),
  ('PRES-003', 3, 'LOC-005', '9007199254741005', 'PRES-X1', '2.0.0', '0.000625', 60, 'active', '2025-03-01 08:00:00.000000', '2025-03-01 08:00:00.000001'),
  ('VIB-003', 4, 'LOC-001', '9007199254741006', 'VIB-X2', '2.1.0', '0.000750', 60, 'active', '2025-03-01 08:00:00.000000', '2025-03-01 08:00:00.000001'),
  ('CO2-003', 5, 'LOC-002', '9007199254741007', 'CO2-X3', '2.2.0', '0.000000', 60, 'active', '2025-03-01 08:00:00.000000', '2025-03-01 08:00:00.000001'),
  ('TEMP-004', 1, 'LOC-004', '9007199254741008', 'TEMP-X1', '2.3.0', '0.000125', 60, 'active', '2025-03-01 08:00:00.000000', '2025-03-01 08:00:00.000001'),
  ('HUM-004', 2, 'LOC-005', '9007199254741009', 'HUM-X2', '2.0.0', '0.000250', 60, 'active', '2025-03-01 08:00:00.000000', '2025-03-01 08:00:00.000001'),
  ('PRES-004', 3, 'LOC-001', '9007199254741010', 'PRES-X3', '2.1.0', '0.000375', 60, 'active', '2025-03-01 08:00:00.000000', '2025-03-01 08:00:00.000001'),
  ('VIB-004', 4, 'LOC-002', '9007199254741011', 'VIB-X1', '2.2.0', '0.000500', 60, 'active', '2025-03-01 08:00:00.000000', '2025-03-01 08:00:00.000001'),
  ('CO2-004', 5, 'LOC-003', '9007199254741012', 'CO2-X2', '2.3.0', '0.000625', 60, 'active', '2025-03-01 08:00:00.000000', '2025-03-01 08:00:00.000001');
