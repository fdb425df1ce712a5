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
  column "time" timestamp with time zone
  column sensor_id text
  constraint sensor_readings_invalid_pkey PRIMARY KEY (id)
table sensor_windows
  column window_start timestamp with time zone not null
  column window_minutes integer not null
  column sensor_id text not null
  column reading_count integer not null
  column temperature_avg numeric(5,2) not null
  column temperature_min numeric(5,2) not null
  column temperature_max numeric(5,2) not null
  column humidity_avg numeric(5,2) not null
  column pressure_avg numeric(6,2) not null
  column computed_at timestamp with time zone not null default now()
  constraint sensor_windows_window_minutes_check CHECK ((window_minutes > 0))
  constraint sensor_windows_pkey PRIMARY KEY (window_minutes, window_start, sensor_id)
table window_invalidations
  column dataset text not null
  column bucket timestamp with time zone not null
  index CREATE INDEX window_invalidations_by_dataset ON public.window_invalidations USING btree (dataset, bucket)
view v_dataset_counts as SELECT dataset, (COALESCE(sum(record_count) FILTER (WHERE (disposition = 'valid'::text)), (0)::numeric))::bigint AS valid_count, (COALESCE(sum(record_count) FILTER (WHERE (disposition = 'quarantined'::text)), (0)::numeric))::bigint AS quarantined_count, (COALESCE(sum(record_count) FILTER (WHERE (disposition = 'duplicate'::text)), (0)::numeric))::bigint AS duplicate_count FROM record_counts GROUP BY dataset;
