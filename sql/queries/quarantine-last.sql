-- The last row of a quarantine; "quarantine" stands for the dataset's table.
select coalesce(max(id), 0)::text as id from "quarantine"
