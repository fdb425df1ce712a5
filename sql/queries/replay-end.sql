-- A replay ended, perhaps with an error.
update replays set ended_at = now(), is_complete = $2, error = $3 where id = $1
