table backfill_partitions
  column backfill_id text not null
  column partition integer not null
  column first_offset bigint not null
  column next_offset bigint not null
  column end_offset bigint not null
  column record_count bigint not null default 0
  column restored_count bigint not null default 0
  column present_count bigint not null default 0
  column invalid_count bigint not null default 0
  column updated_at timestamp with time zone not null default now()
  constraint backfill_partitions_check CHECK ((next_offset >= first_offset))
  constraint backfill_partitions_check1 CHECK ((end_offset >= next_offset))
  constraint backfill_partitions_backfill_id_fkey FOREIGN KEY (backfill_id) REFERENCES backfills(id) ON DELETE CASCADE
  constraint backfill_partitions_pkey PRIMARY KEY (backfill_id, partition)
table backfills
  column id text not null
  column dataset text not null
  column cluster_id text not null
  column topic text not null
  column range_by text not null
  column range_from timestamp with time zone not null
  column range_to timestamp with time zone not null
  column partitions integer[] not null
  column contract_version text not null
  column created_at timestamp with time zone not null default now()
  column finished_at timestamp with time zone
  constraint backfills_range_by_check CHECK ((range_by = ANY (ARRAY['record-time'::text, 'event-time'::text])))
  constraint backfills_pkey PRIMARY KEY (id)
  index CREATE INDEX backfills_unfinished ON public.backfills USING btree (dataset) WHERE (finished_at IS NULL)
table clean_products
  column product_id text not null
  column name text not null
  column price numeric(10,2) not null
  column stock integer not null
  column source text
  column category text
  column loaded_at timestamp with time zone not null default now()
  constraint price_range_5752268a CHECK ((price > (0)::numeric))
  constraint stock_range_45d26510 CHECK ((stock >= 0))
  constraint clean_products_pkey PRIMARY KEY (product_id)
table clean_transactions
  column invoice_no text not null
  column stock_code text not null
  column description text
  column quantity integer not null
  column invoice_date timestamp with time zone not null
  column unit_price numeric(12,4) not null
  column customer_id text
  column country text not null
  column is_cancellation boolean not null
  column transaction_id text not null
  constraint unit_price_range_aa7e9f9b CHECK ((unit_price > (0)::numeric))
  constraint clean_transactions_pkey PRIMARY KEY (invoice_date, transaction_id)
table consumed_offsets
  column cluster_id text not null
  column consumer text not null
  column topic text not null
  column partition integer not null
  column next_offset bigint not null
  column updated_at timestamp with time zone not null default now()
  constraint consumed_offsets_next_offset_check CHECK ((next_offset >= 0))
  constraint consumed_offsets_pkey PRIMARY KEY (cluster_id, consumer, topic, partition)
table dwh.dim_devices
  column device_key bigint not null identity
  column device_id text not null
  column device_type text
  column type_name text
  column unit text
  column min_value numeric(12,4)
  column max_value numeric(12,4)
  column accuracy numeric(12,4)
  column location_id text
  column serial_number numeric(20,0)
  column model text
  column firmware_version text
  column calibration_offset numeric(12,6)
  column reading_interval_seconds integer
  column status text
  column installed_at timestamp with time zone
  column is_inferred boolean not null default false
  column valid_from timestamp with time zone not null
  column valid_to timestamp with time zone not null default 'infinity'::timestamp with time zone
  column is_current boolean not null default true
  column source_updated_at timestamp with time zone
  constraint dim_devices_check CHECK ((valid_from < valid_to))
  constraint dim_devices_pkey PRIMARY KEY (device_key)
  constraint dim_devices_device_id_valid_from_key UNIQUE (device_id, valid_from)
  index CREATE UNIQUE INDEX dim_devices_current ON dwh.dim_devices USING btree (device_id) WHERE is_current
table dwh.dim_locations
  column location_key bigint not null identity
  column location_id text not null
  column name text
  column building text
  column floor integer
  column city text
  column country text
  column timezone text
  column latitude numeric(9,6)
  column longitude numeric(9,6)
  column is_inferred boolean not null default false
  column valid_from timestamp with time zone not null
  column valid_to timestamp with time zone not null default 'infinity'::timestamp with time zone
  column is_current boolean not null default true
  column source_updated_at timestamp with time zone
  constraint dim_locations_check CHECK ((valid_from < valid_to))
  constraint dim_locations_pkey PRIMARY KEY (location_key)
  constraint dim_locations_location_id_valid_from_key UNIQUE (location_id, valid_from)
  index CREATE UNIQUE INDEX dim_locations_current ON dwh.dim_locations USING btree (location_id) WHERE is_current
table dwh.fact_hourly_agg
  column bucket timestamp with time zone not null
  column device_id text not null
  column device_key bigint not null
  column location_key bigint
  column device_type text
  column location_id text
  column reading_count integer not null
  column avg_value double precision not null
  column min_value numeric(9,3) not null
  column max_value numeric(9,3) not null
  column stddev_value double precision
  column anomaly_count integer
  column avg_quality_score numeric(4,3)
  column computed_at timestamp with time zone not null default now()
  constraint fact_hourly_agg_pkey PRIMARY KEY (bucket, device_id)
table dwh.fact_sensor_readings_enriched
  column "time" timestamp with time zone not null
  column device_id text not null
  column device_key bigint not null
  column location_key bigint
  column device_type text
  column location_id text
  column unit text
  column value numeric(9,3) not null
  column battery_level numeric(5,2)
  column rolling_mean double precision
  column rolling_stddev double precision
  column rolling_count integer not null
  column z_score double precision
  column baseline double precision
  column drift double precision
  column stuck_seconds integer not null
  column gap_seconds integer
  column is_anomaly boolean not null
  column anomaly_score double precision not null
  column anomaly_kinds text[] not null
  column quality_score numeric(4,3) not null
  column failed_rules text[] not null
  column enriched_at timestamp with time zone not null default now()
  constraint fact_sensor_readings_enriched_pkey PRIMARY KEY ("time", device_id)
  index CREATE INDEX fact_sensor_readings_enriched_by_device ON ONLY dwh.fact_sensor_readings_enriched USING btree (device_id, "time")
table dwh.pending_hours
  column id bigint not null identity
  column bucket timestamp with time zone not null
  constraint pending_hours_pkey PRIMARY KEY (id)
table dwh.predictions
  column model_version text not null
  column "time" timestamp with time zone not null
  column device_id text not null
  column score double precision not null
  column is_anomaly boolean not null
  column split text not null
  column predicted_at timestamp with time zone not null default now()
  constraint predictions_score_check CHECK (((score >= (0)::double precision) AND (score <= (1)::double precision)))
  constraint predictions_split_check CHECK ((split = ANY (ARRAY['train'::text, 'valid'::text, 'test'::text, 'gap'::text])))
  constraint predictions_pkey PRIMARY KEY (model_version, "time", device_id)
  index CREATE INDEX predictions_by_device ON dwh.predictions USING btree (device_id, "time")
table dwh.table_policies
  column table_name text not null
  column time_column text not null
  column partition_days integer not null
  column compress_after_days integer
  column keep_days integer
  constraint table_policies_compress_after_days_check CHECK ((compress_after_days > 0))
  constraint table_policies_keep_days_check CHECK ((keep_days > 0))
  constraint table_policies_partition_days_check CHECK ((partition_days > 0))
  constraint table_policies_pkey PRIMARY KEY (table_name)
table extraction_history
  column id bigint not null identity
  column dataset text not null
  column run_id text
  column is_range boolean not null
  column from_watermark text
  column to_watermark text
  column to_key text[]
  column row_count bigint not null
  column late_row_count bigint not null
  column snapshot_xmin xid8 not null
  column oldest_transaction_at timestamp with time zone
  column started_at timestamp with time zone not null
  column saved_at timestamp with time zone not null default now()
  constraint extraction_history_pkey PRIMARY KEY (id)
  index CREATE INDEX extraction_history_by_dataset ON public.extraction_history USING btree (dataset, id)
table extraction_state
  column dataset text not null
  column source_table text not null
  column watermark_column text not null
  column watermark text not null
  column key text[] not null
  column snapshot_xmin xid8 not null
  column row_count bigint not null
  column version bigint not null default 1
  column updated_at timestamp with time zone not null default now()
  constraint extraction_state_pkey PRIMARY KEY (dataset)
table gold.customer_rfm
  column customer text not null
  column last_purchase_day date not null
  column recency_days integer not null
  column frequency bigint not null
  column monetary numeric(28,4) not null
  column recency_score integer not null
  column frequency_score integer not null
  column monetary_score integer not null
  column rfm integer not null
  constraint customer_rfm_frequency_score_check CHECK (((frequency_score >= 1) AND (frequency_score <= 5)))
  constraint customer_rfm_monetary_score_check CHECK (((monetary_score >= 1) AND (monetary_score <= 5)))
  constraint customer_rfm_recency_score_check CHECK (((recency_score >= 1) AND (recency_score <= 5)))
  constraint customer_rfm_pkey PRIMARY KEY (customer)
table gold.daily_revenue
  column day date not null
  column invoices bigint not null
  column cancellations bigint not null
  column items_sold bigint not null
  column gross_revenue numeric(28,4) not null
  column cancelled_revenue numeric(28,4) not null
  column net_revenue numeric(28,4) not null
  constraint daily_revenue_pkey PRIMARY KEY (day)
table gold.loads
  column id bigint not null identity
  column lake_id text not null
  column version bigint not null
  column loaded_at timestamp with time zone not null default now()
  column rows_by_table jsonb not null
  constraint loads_pkey PRIMARY KEY (id)
table gold.product_ranking
  column revenue_rank bigint not null
  column items_rank bigint not null
  column stock_code text not null
  column description text
  column invoices bigint not null
  column customers bigint not null
  column items_sold bigint not null
  column net_items bigint not null
  column net_revenue numeric(28,4) not null
  constraint product_ranking_pkey PRIMARY KEY (stock_code)
table gold.return_rate
  column stock_code text not null
  column sold_items bigint not null
  column sold_revenue numeric(28,4) not null
  column returned_items bigint not null
  column returned_revenue numeric(28,4) not null
  column matched_items bigint not null
  column return_rate double precision
  column matched_return_rate double precision
  constraint return_rate_pkey PRIMARY KEY (stock_code)
table gold.revenue_by_country
  column country text not null
  column invoices bigint not null
  column customers bigint not null
  column items_sold bigint not null
  column gross_revenue numeric(28,4) not null
  column cancelled_revenue numeric(28,4) not null
  column net_revenue numeric(28,4) not null
  column revenue_share double precision
  constraint revenue_by_country_pkey PRIMARY KEY (country)
table iot_devices.device_types
  column device_type_id integer not null
  column code text not null
  column name text not null
  column unit text not null
  column min_value numeric(12,4) not null
  column max_value numeric(12,4) not null
  column accuracy numeric(12,4) not null
  constraint device_types_accuracy_check CHECK ((accuracy > (0)::numeric))
  constraint device_types_pkey PRIMARY KEY (device_type_id)
  constraint device_types_code_key UNIQUE (code)
table iot_devices.devices
  column device_id text not null
  column device_type_id integer not null
  column location_id text
  column serial_number numeric(20,0) not null
  column model text not null
  column firmware_version text not null
  column calibration_offset numeric(12,6) not null default 0
  column reading_interval_seconds integer not null
  column status text not null
  column installed_at timestamp(6) without time zone not null
  column updated_at timestamp(6) without time zone not null
  constraint devices_reading_interval_seconds_check CHECK ((reading_interval_seconds > 0))
  constraint devices_status_check CHECK ((status = ANY (ARRAY['active'::text, 'inactive'::text, 'retired'::text])))
  constraint devices_device_type_id_fkey FOREIGN KEY (device_type_id) REFERENCES iot_devices.device_types(device_type_id)
  constraint devices_pkey PRIMARY KEY (device_id)
table iot_locations.locations
  column location_id text not null
  column name text not null
  column building text not null
  column floor integer not null
  column city text not null
  column country text not null
  column timezone text not null
  column latitude numeric(9,6) not null
  column longitude numeric(9,6) not null
  column updated_at timestamp with time zone not null default now()
  constraint locations_pkey PRIMARY KEY (location_id)
table iot_locations.maintenance_log
  column device_id text not null
  column fault_from timestamp with time zone not null
  column fault_to timestamp with time zone not null
  column kind text not null
  column noted_at timestamp with time zone not null default now()
  constraint maintenance_log_check CHECK ((fault_to >= fault_from))
  constraint maintenance_log_kind_check CHECK ((kind = ANY (ARRAY['spike'::text, 'drift'::text, 'stuck'::text, 'dropout'::text])))
  constraint maintenance_log_pkey PRIMARY KEY (device_id, fault_from, kind)
table iot_sensor_readings
  column "time" timestamp with time zone not null
  column device_id text not null
  column value numeric(9,3) not null
  column battery_level numeric(5,2)
  constraint battery_level_range_f5caa2de CHECK (((battery_level >= (0)::numeric) AND (battery_level <= (100)::numeric)))
  constraint value_range_16d2c296 CHECK (((value >= ('-100'::integer)::numeric) AND (value <= (100000)::numeric)))
  constraint iot_sensor_readings_pkey PRIMARY KEY ("time", device_id)
table iot_sensor_readings_invalid
  column id bigint not null identity
  column raw_data jsonb
  column issues text not null
  column reasons text[] not null
  column value bytea
  column key bytea
  column headers jsonb
  column topic text not null
  column partition integer not null
  column "offset" bigint not null
  column line_number bigint
  column contract_version text not null
  column recorded_at timestamp with time zone
  column quarantined_at timestamp with time zone not null default now()
  column replay_count integer not null default 0
  column replayed_at timestamp with time zone
  column replay_id bigint
  column "time" timestamp with time zone
  column device_id text
  constraint iot_sensor_readings_invalid_pkey PRIMARY KEY (id)
table quarantine_products
  column id bigint not null identity
  column raw_data jsonb
  column issues text not null
  column reasons text[] not null
  column value bytea
  column key bytea
  column headers jsonb
  column topic text not null
  column partition integer not null
  column "offset" bigint not null
  column line_number bigint
  column contract_version text not null
  column recorded_at timestamp with time zone
  column quarantined_at timestamp with time zone not null default now()
  column replay_count integer not null default 0
  column replayed_at timestamp with time zone
  column replay_id bigint
  constraint quarantine_products_pkey PRIMARY KEY (id)
table quarantine_transactions
  column id bigint not null identity
  column raw_data jsonb
  column issues text not null
  column reasons text[] not null
  column value bytea
  column key bytea
  column headers jsonb
  column topic text not null
  column partition integer not null
  column "offset" bigint not null
  column line_number bigint
  column contract_version text not null
  column recorded_at timestamp with time zone
  column quarantined_at timestamp with time zone not null default now()
  column replay_count integer not null default 0
  column replayed_at timestamp with time zone
  column replay_id bigint
  constraint quarantine_transactions_pkey PRIMARY KEY (id)
table raw_products
  column id integer not null identity
  column source text
  column ingestion_time timestamp with time zone not null default now()
  column raw_data jsonb not null
  column batch_id text
  column processed boolean not null default false
  constraint raw_products_pkey PRIMARY KEY (id)
table record_counts
  column cluster_id text not null
  column dataset text not null
  column topic text not null
  column partition integer not null
  column run_id text not null default ''::text
  column disposition text not null
  column reason text not null default ''::text
  column record_count bigint not null
  constraint record_counts_disposition_check CHECK ((disposition = ANY (ARRAY['valid'::text, 'quarantined'::text, 'duplicate'::text, 'reason'::text])))
  constraint record_counts_pkey PRIMARY KEY (cluster_id, topic, partition, run_id, disposition, reason)
  index CREATE INDEX record_counts_by_run ON public.record_counts USING btree (run_id) WHERE (run_id <> ''::text)
table replays
  column id bigint not null identity
  column dataset text not null
  column filter jsonb not null
  column requested_by text not null
  column contract_version text not null
  column dry_run boolean not null
  column started_at timestamp with time zone not null default now()
  column ended_at timestamp with time zone
  column candidates bigint not null default 0
  column passed bigint not null default 0
  column sent bigint not null default 0
  column refused bigint not null default 0
  column is_complete boolean not null default false
  column error text
  constraint replays_pkey PRIMARY KEY (id)
  index CREATE INDEX replays_by_dataset ON public.replays USING btree (dataset, started_at)
table sales_db.transactions
  column id bigint not null identity
  column "InvoiceNo" text
  column "StockCode" text
  column "Description" text
  column "Quantity" integer
  column "InvoiceDate" timestamp without time zone
  column "UnitPrice" numeric
  column "CustomerID" text
  column "Country" text
  column updated_at timestamp with time zone not null default clock_timestamp()
  constraint transactions_pkey PRIMARY KEY (id)
  index CREATE INDEX transactions_by_change ON sales_db.transactions USING btree (updated_at, id)
table sales_db.transactions_rejected
  column id bigint not null identity
  column file text not null
  column line_number bigint not null
  column bytes bytea not null
  column content text not null
  column reason text not null
  column loaded_at timestamp with time zone not null default now()
  constraint transactions_rejected_content_check CHECK ((content = ANY (ARRAY['line'::text, 'fields'::text])))
  constraint transactions_rejected_pkey PRIMARY KEY (id)
table sales_trend_summary
  column window_start timestamp with time zone not null
  column window_minutes integer not null
  column record_count bigint not null
  column sales_trend_avg numeric not null
  column sales_trend_min numeric(12,2) not null
  column sales_trend_max numeric(12,2) not null
  column computed_at timestamp with time zone not null default now()
  constraint summary_2302ea69 CHECK ((window_minutes = 20))
  constraint sales_trend_summary_pkey PRIMARY KEY (window_minutes, window_start)
table schedule_run_counts
  column schedule_id text not null
  column outcome text not null
  column run_count bigint not null
  constraint schedule_run_counts_pkey PRIMARY KEY (schedule_id, outcome)
table schedule_runs
  column run_id uuid not null
  column schedule_id text not null
  column function_name text not null
  column expression text not null
  column trigger text not null
  column due_at timestamp with time zone not null
  column coalesced_count integer not null default 0
  column started_at timestamp with time zone
  column ended_at timestamp with time zone
  column duration_ms integer
  column outcome text
  column error text
  column request_id text
  constraint schedule_runs_outcome_check CHECK ((outcome = ANY (ARRAY['ok'::text, 'failed'::text, 'timed_out'::text, 'interrupted'::text, 'skipped'::text])))
  constraint schedule_runs_trigger_check CHECK ((trigger = ANY (ARRAY['schedule'::text, 'catch-up'::text, 'manual'::text])))
  constraint schedule_runs_pkey PRIMARY KEY (run_id)
  index CREATE INDEX schedule_runs_by_schedule ON public.schedule_runs USING btree (schedule_id, due_at DESC)
  index CREATE INDEX schedule_runs_open ON public.schedule_runs USING btree (schedule_id) WHERE (outcome IS NULL)
table schedule_settings
  column schedule_id text not null
  column is_enabled boolean
  column expression text
  column due_until timestamp with time zone
  constraint schedule_settings_pkey PRIMARY KEY (schedule_id)
table schema_migrations
  column name text not null
  column checksum text not null
  column applied_at timestamp with time zone not null default now()
  constraint schema_migrations_pkey PRIMARY KEY (name)
table seeded_datasets
  column dataset text not null
  column seeded_at timestamp with time zone not null default now()
  constraint seeded_datasets_pkey PRIMARY KEY (dataset)
table sensor_readings
  column "time" timestamp with time zone not null
  column sensor_id text not null
  column temperature numeric(5,2) not null
  column humidity numeric(5,2) not null
  column pressure numeric(6,2) not null
  column location text
  constraint humidity_range_bde61765 CHECK (((humidity >= (0)::numeric) AND (humidity <= (100)::numeric)))
  constraint pressure_range_dad0301e CHECK (((pressure >= (900)::numeric) AND (pressure <= (1100)::numeric)))
  constraint temperature_range_61da8b26 CHECK (((temperature >= ('-40'::integer)::numeric) AND (temperature <= (85)::numeric)))
  constraint sensor_readings_pkey PRIMARY KEY ("time", sensor_id)
table sensor_readings_invalid
  column id bigint not null identity
  column raw_data jsonb
  column issues text not null
  column reasons text[] not null
  column value bytea
  column key bytea
  column headers jsonb
  column topic text not null
  column partition integer not null
  column "offset" bigint not null
  column line_number bigint
  column contract_version text not null
  column recorded_at timestamp with time zone
  column quarantined_at timestamp with time zone not null default now()
  column replay_count integer not null default 0
  column replayed_at timestamp with time zone
  column replay_id bigint
  column "time" timestamp with time zone
  column sensor_id text
  constraint sensor_readings_invalid_pkey PRIMARY KEY (id)
table sensor_readings_stream_agg
  column window_start timestamp with time zone not null
  column window_minutes integer not null
  column device_id text not null
  column record_count bigint not null
  column value_avg numeric not null
  column value_min numeric(9,3) not null
  column value_max numeric(9,3) not null
  column computed_at timestamp with time zone not null default now()
  constraint summary_8abf7212 CHECK ((window_minutes = 1))
  constraint sensor_readings_stream_agg_pkey PRIMARY KEY (window_minutes, window_start, device_id)
table sensor_windows
  column window_start timestamp with time zone not null
  column window_minutes integer not null
  column sensor_id text not null
  column record_count bigint not null
  column temperature_avg numeric not null
  column temperature_min numeric(5,2) not null
  column temperature_max numeric(5,2) not null
  column humidity_avg numeric not null
  column humidity_min numeric(5,2) not null
  column humidity_max numeric(5,2) not null
  column pressure_avg numeric not null
  column pressure_min numeric(6,2) not null
  column pressure_max numeric(6,2) not null
  column computed_at timestamp with time zone not null default now()
  constraint summary_93170768 CHECK ((window_minutes = ANY (ARRAY[1, 5])))
  constraint sensor_windows_pkey PRIMARY KEY (window_minutes, window_start, sensor_id)
table stock_price_summary
  column window_start timestamp with time zone not null
  column window_minutes integer not null
  column record_count bigint not null
  column stock_price_avg numeric not null
  column stock_price_min numeric(12,2) not null
  column stock_price_max numeric(12,2) not null
  column computed_at timestamp with time zone not null default now()
  constraint summary_1972184e CHECK ((window_minutes = 10))
  constraint stock_price_summary_pkey PRIMARY KEY (window_minutes, window_start)
table synthetic_data
  column id text not null
  column "timestamp" timestamp with time zone not null
  column stock_price numeric(12,2) not null
  column sales_trend numeric(12,2) not null
  constraint stock_price_range_7a6f3617 CHECK ((stock_price > (0)::numeric))
  constraint synthetic_data_pkey PRIMARY KEY ("timestamp", id)
table synthetic_data_invalid
  column id bigint not null identity
  column raw_data jsonb
  column issues text not null
  column reasons text[] not null
  column value bytea
  column key bytea
  column headers jsonb
  column topic text not null
  column partition integer not null
  column "offset" bigint not null
  column line_number bigint
  column contract_version text not null
  column recorded_at timestamp with time zone
  column quarantined_at timestamp with time zone not null default now()
  column replay_count integer not null default 0
  column replayed_at timestamp with time zone
  column replay_id bigint
  column "timestamp" timestamp with time zone
  constraint synthetic_data_invalid_pkey PRIMARY KEY (id)
table unknown_field_counts
  column dataset text not null
  column field text not null
  column record_count bigint not null
  column first_seen_at timestamp with time zone not null default now()
  column last_seen_at timestamp with time zone not null default now()
  constraint unknown_field_counts_pkey PRIMARY KEY (dataset, field)
table window_invalidations
  column dataset text not null
  column bucket timestamp with time zone not null
  column bucket_end timestamp with time zone
  constraint window_invalidations_check CHECK ((bucket_end > bucket))
  index CREATE INDEX window_invalidations_by_dataset ON public.window_invalidations USING btree (dataset, bucket)
view dwh.v_anomaly_trends_7d as SELECT (("time" AT TIME ZONE 'UTC'::text))::date AS day, device_id, device_type, location_id, count(*) AS reading_count, count(*) FILTER (WHERE is_anomaly) AS anomaly_count, round(((100.0 * (count(*) FILTER (WHERE is_anomaly))::numeric) / (count(*))::numeric), 2) AS anomaly_percent, max(anomaly_score) AS max_anomaly_score, count(*) FILTER (WHERE ('spike'::text = ANY (anomaly_kinds))) AS spike_count, count(*) FILTER (WHERE ('drift'::text = ANY (anomaly_kinds))) AS drift_count, count(*) FILTER (WHERE ('stuck'::text = ANY (anomaly_kinds))) AS stuck_count, count(*) FILTER (WHERE ('gap'::text = ANY (anomaly_kinds))) AS gap_count, round(avg(quality_score), 3) AS avg_quality_score FROM dwh.fact_sensor_readings_enriched f WHERE ("time" >= (now() - '7 days'::interval)) GROUP BY ((("time" AT TIME ZONE 'UTC'::text))::date), device_id, device_type, location_id;
view dwh.v_latest_readings as SELECT d.device_id, d.device_type, d.location_id, l.name AS location, f."time", f.value, d.unit, f.battery_level, f.is_anomaly, f.anomaly_score, f.anomaly_kinds, f.quality_score, d.status, ((EXTRACT(epoch FROM (now() - f."time")) / (60)::numeric))::integer AS silent_minutes FROM ((dwh.dim_devices d LEFT JOIN dwh.dim_locations l ON (((l.location_id = d.location_id) AND l.is_current))) LEFT JOIN LATERAL ( SELECT r."time", r.device_id, r.device_key, r.location_key, r.device_type, r.location_id, r.unit, r.value, r.battery_level, r.rolling_mean, r.rolling_stddev, r.rolling_count, r.z_score, r.baseline, r.drift, r.stuck_seconds, r.gap_seconds, r.is_anomaly, r.anomaly_score, r.anomaly_kinds, r.quality_score, r.failed_rules, r.enriched_at FROM dwh.fact_sensor_readings_enriched r WHERE (r.device_id = d.device_id) ORDER BY r."time" DESC LIMIT 1) f ON (true)) WHERE d.is_current;
view v_dataset_counts as SELECT dataset, (COALESCE(sum(record_count) FILTER (WHERE (disposition = 'valid'::text)), (0)::numeric))::bigint AS valid_count, (COALESCE(sum(record_count) FILTER (WHERE (disposition = 'quarantined'::text)), (0)::numeric))::bigint AS quarantined_count, (COALESCE(sum(record_count) FILTER (WHERE (disposition = 'duplicate'::text)), (0)::numeric))::bigint AS duplicate_count FROM record_counts GROUP BY dataset;
view v_dataset_quality as SELECT dataset, run_id, sum(record_count) FILTER (WHERE (disposition <> 'reason'::text)) AS record_count, (COALESCE(sum(record_count) FILTER (WHERE (disposition = 'valid'::text)), (0)::numeric))::bigint AS valid_count, (COALESCE(sum(record_count) FILTER (WHERE (disposition = 'quarantined'::text)), (0)::numeric))::bigint AS quarantined_count, (COALESCE(sum(record_count) FILTER (WHERE (disposition = 'duplicate'::text)), (0)::numeric))::bigint AS duplicate_count, round((COALESCE(sum(record_count) FILTER (WHERE (disposition = 'valid'::text)), (0)::numeric) / NULLIF(sum(record_count) FILTER (WHERE (disposition = ANY (ARRAY['valid'::text, 'quarantined'::text]))), (0)::numeric)), 4) AS quality_score, ( SELECT jsonb_object_agg(r.reason, r.record_count) AS jsonb_object_agg FROM ( SELECT i.reason, (sum(i.record_count))::bigint AS record_count FROM record_counts i WHERE ((i.disposition = 'reason'::text) AND (i.dataset = c.dataset) AND (i.run_id = c.run_id)) GROUP BY i.reason) r) AS reasons FROM record_counts c GROUP BY dataset, run_id;
view v_sensor_readings_stream_agg as SELECT s.window_start, s.window_minutes, s.device_id, s.record_count, s.value_avg, s.value_min, s.value_max, s.computed_at, (s.window_start + make_interval(mins => s.window_minutes)) AS window_end, c.watermark, ((s.window_start + make_interval(mins => s.window_minutes)) <= c.watermark) AS is_final FROM (sensor_readings_stream_agg s CROSS JOIN ( SELECT (max(iot_sensor_readings."time") - '00:30:00'::interval) AS watermark FROM iot_sensor_readings) c);
view v_sensor_windows as SELECT s.window_start, s.window_minutes, s.sensor_id, s.record_count, s.temperature_avg, s.temperature_min, s.temperature_max, s.humidity_avg, s.humidity_min, s.humidity_max, s.pressure_avg, s.pressure_min, s.pressure_max, s.computed_at, (s.window_start + make_interval(mins => s.window_minutes)) AS window_end, c.watermark, ((s.window_start + make_interval(mins => s.window_minutes)) <= c.watermark) AS is_final FROM (sensor_windows s CROSS JOIN ( SELECT (max(sensor_readings."time") - '00:30:00'::interval) AS watermark FROM sensor_readings) c);
