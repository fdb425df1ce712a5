-- How far a replay is.
update replays set candidates = $2, passed = $3, sent = $4, refused = $5 where id = $1
