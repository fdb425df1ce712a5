-- What models say about readings, beside the facts that they were made from.
create table dwh.predictions (
  model_version text not null,
  time timestamptz not null,
  device_id text not null,
  score double precision not null check (score between 0 and 1),
  is_anomaly boolean not null,
  split text not null check (split in ('train', 'valid', 'test', 'gap')),
  predicted_at timestamptz not null default now(),
  primary key (model_version, time, device_id)
);
create index predictions_by_device on dwh.predictions (device_id, time);

comment on table dwh.predictions is 'A row for each reading that a model has scored; the newest models only. How good a model is, its card in the lake says: models/<name>/v<k>/card.json.';
comment on column dwh.predictions.split is 'What the reading was to the model: only on test it had never been seen.';
