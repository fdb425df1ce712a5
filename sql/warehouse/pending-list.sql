-- Hours whose facts have to be made again, with the ids of all notes of each.
select bucket, array_agg(id order by id) as ids from dwh.pending_hours group by bucket order by bucket
