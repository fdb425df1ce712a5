-- When the source had changed a row last, as it was read for a version: a change that the source gives no new time for is a change of now.
alter table dwh.dim_devices add source_updated_at timestamptz;
alter table dwh.dim_locations add source_updated_at timestamptz;
comment on column dwh.dim_devices.source_updated_at is 'The last change that the registry gave with this version; null where it gave none.';
comment on column dwh.dim_locations.source_updated_at is 'The last change that the source gave with this version; null where it gave none.';
