-- Summaries are tables of the contracts, which make sensor_windows again, with its own columns; every minute is noted for it then.
drop table sensor_windows;
