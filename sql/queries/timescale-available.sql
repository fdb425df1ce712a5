-- Which TimescaleDB could this server load, if any?
select default_version as version from pg_available_extensions where name = 'timescaledb'
