-- Changed times side by side are one note: a batch of neighbouring minutes is a row of the log, not a thousand.
alter table window_invalidations add bucket_end timestamptz check (bucket_end > bucket);
comment on column window_invalidations.bucket_end is 'Where the changed buckets that begin with this one end, exclusive; null where it is the only one.';
