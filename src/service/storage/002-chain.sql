-- What the service knows of the chain. Everything here is public, and all of it but the feed follows from the chain alone:
-- it can be thrown away and read again.
create table chain_cursor (
  id int primary key check (id = 1),
  -- Which chain and which contracts: JSON. Another identity is another history.
  identity text not null,
  -- What anybody may know of the deployment: JSON.
  deployment text not null,
  -- The last block that was read, and what it was called then.
  block int not null,
  hash text not null,
  at_seconds int not null,
  -- The newest block that the chain told of.
  head_block int not null,
  -- What the contracts say as of the last block: JSON; null before the first reading.
  status text,
  -- Why nothing is read at present; null while all is well.
  trouble text,
  seen_at timestamptz not null default now()
);

-- By the name in the deployment file.
create table chain_contracts (
  name text primary key,
  contract text not null,
  address text not null,
  abi text not null
);

create table chain_blocks (
  number int primary key,
  hash text not null,
  at_seconds int not null
);

create table chain_events (
  block int not null references chain_blocks (number) on delete cascade,
  log_index int not null,
  transaction text not null,
  contract text not null,
  name text not null,
  -- JSON, integers as texts.
  args text not null,
  -- Which record it is about, as kind:id; null for none.
  subject text,
  -- The account that it names, where it names one.
  tag text,
  primary key (block, log_index)
);
create index chain_events_subject on chain_events (subject, block, log_index);
create index chain_events_tag on chain_events (tag, name, block) where tag is not null;

-- What the events of one subject add up to.
create table chain_records (
  kind text not null,
  id text not null,
  -- Where it began: the order of lists.
  block int not null,
  log_index int not null,
  is_open boolean not null,
  record text not null,
  primary key (kind, id)
);
create index chain_records_newest on chain_records (kind, block desc, log_index desc);

-- What listeners are told, in order. A block that is abandoned is told of too, so nothing is ever taken out.
create table chain_feed (
  id int generated always as identity primary key,
  block int not null,
  kind text not null,
  payload text not null,
  created_at timestamptz not null default now()
);

-- A package may be there before its case was read from the chain, and stays when the case's block is abandoned.
alter table packages drop constraint packages_case_id_fkey;
alter table packages add column created_at timestamptz not null default now();
