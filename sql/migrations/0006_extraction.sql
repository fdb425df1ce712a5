-- The shop's operational database, as one schema: the source of extract-increment. Column names are those of the UCI file, quoted.
create schema sales_db;

create table sales_db.transactions (
  id bigint generated always as identity primary key,
  "InvoiceNo" text,
  "StockCode" text,
  "Description" text,
  "Quantity" integer,
  "InvoiceDate" timestamp,
  "UnitPrice" numeric,
  "CustomerID" text,
  "Country" text,
  updated_at timestamptz not null default clock_timestamp()
);
-- the order in which changes are extracted
create index transactions_by_change on sales_db.transactions (updated_at, id);

comment on column sales_db.transactions."InvoiceDate" is 'Wall-clock time of the shop, Europe/London.';
comment on column sales_db.transactions.updated_at is 'When the row was last written; extraction goes by it.';

-- An update that does not say when it happened happened now: otherwise extraction would not see it.
create function sales_db.touch_transaction() returns trigger language plpgsql as $$
begin
  if new.updated_at is not distinct from old.updated_at then
    new.updated_at := clock_timestamp();
  end if;
  return new;
end $$;
create trigger touch before update on sales_db.transactions for each row execute function sales_db.touch_transaction();

-- Lines of a loaded file that are no row of the table: nothing of the file is lost.
create table sales_db.transactions_rejected (
  id bigint generated always as identity primary key,
  file text not null,
  line_number bigint not null,
  bytes bytea not null,
  content text not null check (content in ('line', 'fields')),
  reason text not null,
  loaded_at timestamptz not null default now()
);
comment on column sales_db.transactions_rejected.content is 'What bytes hold: the line as it stands in the file, or its fields as a JSON object where the line could be split.';

-- How far each dataset's source is extracted, and how it came there.
create table extraction_state (
  dataset text primary key,
  source_table text not null,
  watermark_column text not null,
  watermark text not null,
  "key" text[] not null,
  snapshot_xmin xid8 not null,
  row_count bigint not null,
  version bigint not null default 1,
  updated_at timestamptz not null default now()
);
comment on column extraction_state.watermark is 'The watermark of the last row that was sent, as the source writes it in UTC; with key it is the cursor.';
comment on column extraction_state.snapshot_xmin is 'Oldest transaction in flight when the source was read: rows of this one and later ones may turn up behind the cursor.';

create table extraction_history (
  id bigint generated always as identity primary key,
  dataset text not null,
  run_id text,
  is_range boolean not null,
  from_watermark text,
  to_watermark text,
  to_key text[],
  row_count bigint not null,
  late_row_count bigint not null,
  snapshot_xmin xid8 not null,
  oldest_transaction_at timestamptz,
  started_at timestamptz not null,
  saved_at timestamptz not null default now()
);
create index extraction_history_by_dataset on extraction_history (dataset, id);
comment on column extraction_history.is_range is 'A range that was asked for by name: sent again, without moving the cursor.';
