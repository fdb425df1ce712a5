-- The raw zone of the products sample: what the sources sent, before any rule.
create table raw_products (
  id integer generated always as identity primary key,
  source text,
  ingestion_time timestamptz not null default now(),
  raw_data jsonb not null,
  batch_id text,
  processed boolean not null default false
);
