-- Keeps lines of a file that are no rows of the source table.
insert into sales_db.transactions_rejected (file, line_number, bytes, content, reason)
select $1, line_number, bytes, content, reason
from unnest($2::bigint[], $3::bytea[], $4::text[], $5::text[]) as u(line_number, bytes, content, reason)
