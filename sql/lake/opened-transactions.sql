-- Which records are in the bronze transactions? Reads bronze_transactions (object, line); the contract's validator decides about every line.
select object, line, json_extract_string(line, '$.topic') as source_topic,
  try_cast(json_extract_string(line, '$.partition') as integer) as source_partition,
  try_cast(json_extract_string(line, '$.offset') as bigint) as source_offset
from bronze_transactions
