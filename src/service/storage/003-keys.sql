-- A known text sealed with every key that was ever used here, by its id: tells another key of the same id.
create table key_checks (
  key_id text primary key,
  sealed_text text not null
);

-- A rotation finds the key of a job by it.
create index idempotency_job on idempotency (job_id);
