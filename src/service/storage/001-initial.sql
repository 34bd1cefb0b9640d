-- Everything that the service keeps. Roots are texts: 0x and 64 hex digits. What is private is sealed before it comes
-- here (see keyring.ts): columns named sealed_*, with the id of the key beside them.
create table rounds (
  seq int primary key,
  risk_root text not null unique,
  as_of_seconds int not null,
  instance text not null,
  parameters text not null,
  configuration_hash text not null,
  market_hash text not null,
  instruments int not null,
  halted int not null,
  market text not null,
  configuration text not null,
  listing_before text not null,
  listing_after text not null,
  standing text not null,
  created_at timestamptz not null default now()
);

create table books (
  book_root text primary key,
  -- The round whose listing the book was read with.
  risk_root text not null references rounds (risk_root),
  tree_root text not null,
  count int not null,
  created_at timestamptz not null default now()
);

create table accounts (
  book_root text not null references books (book_root) on delete cascade,
  idx int not null,
  leaf text not null,
  -- Keyed hash of the owner's address.
  owner_index text not null,
  key_id text not null,
  sealed_opening text not null,
  primary key (book_root, idx)
);
create index accounts_owner on accounts (book_root, owner_index);
create index accounts_key on accounts (key_id);

create table jobs (
  id uuid primary key,
  kind text not null,
  status text not null,
  phase text not null,
  done int not null,
  total int not null,
  principal text not null,
  risk_root text not null,
  book_root text not null,
  publish boolean not null,
  key_id text not null,
  sealed_request text not null,
  sealed_secret text,
  error_code text,
  sealed_error text,
  -- Grows with every change, so that a listener knows what it has seen.
  version int not null default 1,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz
);
create index jobs_newest on jobs (created_at desc, id);
create index jobs_key on jobs (key_id);

create table idempotency (
  principal text not null,
  request_key text not null,
  request_hash text not null,
  job_id uuid not null references jobs (id) on delete cascade,
  created_at timestamptz not null default now(),
  primary key (principal, request_key)
);

create table steps (
  job_id uuid not null references jobs (id) on delete cascade,
  idx int not null,
  chain_in text not null,
  chain_out text not null,
  proof text,
  proven_by text,
  primary key (job_id, idx)
);

create table workers (
  id text primary key,
  started_at timestamptz not null default now(),
  seen_at timestamptz not null default now()
);
create table leases (
  task_id uuid primary key,
  worker_id text not null,
  job_id uuid not null
);

create table proofs (
  id uuid primary key references jobs (id) on delete cascade,
  kind text not null,
  tag text not null,
  threshold text not null,
  risk_root text not null,
  book_root text not null,
  published boolean not null,
  file text not null,
  created_at timestamptz not null default now()
);

create table epochs (
  id uuid primary key references jobs (id) on delete cascade,
  risk_root text not null,
  book_root text not null,
  accounts int not null,
  policy text not null,
  steps_root text not null,
  signals text not null,
  proof text not null,
  chain text,
  published boolean not null,
  created_at timestamptz not null default now()
);
create table bundle_parts (
  epoch_id uuid not null references epochs (id) on delete cascade,
  part int not null,
  text text not null,
  primary key (epoch_id, part)
);

create table cases (
  case_id text primary key,
  record text not null,
  updated_at timestamptz not null default now()
);
create table packages (
  case_id text not null references cases (case_id) on delete cascade,
  liquidator text not null,
  round int not null,
  package text not null,
  primary key (case_id, liquidator, round)
);
create table liquidators (
  address text primary key,
  added_at timestamptz not null default now()
);

create table api_keys (
  id text primary key,
  role text not null,
  label text not null,
  hash text not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);
create table sessions (
  id text primary key,
  address text not null,
  hash text not null,
  expires_at timestamptz not null
);
create table used_nonces (
  nonce text primary key,
  expires_at timestamptz not null
);
