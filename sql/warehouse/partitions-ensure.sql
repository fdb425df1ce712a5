-- Makes the partitions that facts from $1 to $2 need.
select dwh.ensure_partitions($1, $2) as made
