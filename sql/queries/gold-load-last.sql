-- Which version do the gold tables hold?
select lake_id, version from gold.loads order by id desc limit 1
