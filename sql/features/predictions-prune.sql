-- Removes the predictions of models of the name $1 but for the $2 newest.
delete from dwh.predictions
where model_version in (
  select model_version
  from (
    select model_version, row_number() over (order by max(predicted_at) desc, model_version desc) as age
    from dwh.predictions
    where model_version like replace($1, '_', '\_') || '-v%'
    group by model_version
  ) models
  where age > $2
)
