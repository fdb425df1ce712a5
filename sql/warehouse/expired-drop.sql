-- Drops partitions and chunks of facts that are older at $1 than their policy keeps.
select dwh.drop_expired($1::timestamptz) + dwh.drop_expired_chunks($1::timestamptz) as dropped
