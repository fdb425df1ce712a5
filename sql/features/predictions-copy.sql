-- Predictions of a model, in COPY's text format.
copy dwh.predictions (model_version, time, device_id, score, is_anomaly, split) from stdin
