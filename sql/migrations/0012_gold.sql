-- What people ask of the sales, as the lake's gold tables have it, for tools that read Postgres.
create schema gold;

create table gold.daily_revenue (
  day date primary key,
  invoices bigint not null,
  cancellations bigint not null,
  items_sold bigint not null,
  gross_revenue numeric(28,4) not null,
  cancelled_revenue numeric(28,4) not null,
  net_revenue numeric(28,4) not null
);

create table gold.revenue_by_country (
  country text primary key,
  invoices bigint not null,
  customers bigint not null,
  items_sold bigint not null,
  gross_revenue numeric(28,4) not null,
  cancelled_revenue numeric(28,4) not null,
  net_revenue numeric(28,4) not null,
  revenue_share double precision
);

create table gold.product_ranking (
  revenue_rank bigint not null,
  items_rank bigint not null,
  stock_code text primary key,
  description text,
  invoices bigint not null,
  customers bigint not null,
  items_sold bigint not null,
  net_items bigint not null,
  net_revenue numeric(28,4) not null
);

-- customer is a keyed hash of the customer's number
create table gold.customer_rfm (
  customer text primary key,
  last_purchase_day date not null,
  recency_days integer not null,
  frequency bigint not null,
  monetary numeric(28,4) not null,
  recency_score integer not null check (recency_score between 1 and 5),
  frequency_score integer not null check (frequency_score between 1 and 5),
  monetary_score integer not null check (monetary_score between 1 and 5),
  rfm integer not null
);

create table gold.return_rate (
  stock_code text primary key,
  sold_items bigint not null,
  sold_revenue numeric(28,4) not null,
  returned_items bigint not null,
  returned_revenue numeric(28,4) not null,
  matched_items bigint not null,
  return_rate double precision,
  matched_return_rate double precision
);

-- which version of which lake the tables above are, the last row the newest
create table gold.loads (
  id bigint generated always as identity primary key,
  lake_id text not null,
  version bigint not null,
  loaded_at timestamptz not null default now(),
  rows_by_table jsonb not null
);
