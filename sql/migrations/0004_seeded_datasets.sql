-- Datasets whose sample rows were put in; once in the life of a database.
create table seeded_datasets (
  dataset text primary key,
  seeded_at timestamptz not null default now()
);
