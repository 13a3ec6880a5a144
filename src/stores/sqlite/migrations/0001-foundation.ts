import type { Migration } from '../migration.js'

/**
 * The first schema.
 *
 * Times: columns named `…_at` are integer epoch microseconds (classic clients are shown six digits), columns named `…_ms` epoch milliseconds.
 * Truth values are 0 or 1. JSON is text that `json_valid` accepts. Rows of a workspace refer to each other by (workspace, id), so that the
 * database itself refuses a reference from one tenant to another.
 */
export const foundation: Migration = {
  version: 1,
  name: '0001-foundation',
  script: `
create table users (
  id text primary key check (id <> ''),
  email text not null collate nocase unique,
  username text unique,
  first_name text,
  last_name text,
  phone_number text unique,
  profile_picture text,
  language text,
  time_zone text,
  default_reply_handler text not null default 'AI' check (default_reply_handler in ('Manual', 'AI')),
  wizard_complete integer not null default 0 check (wizard_complete in (0, 1)),
  email_confirmed integer not null default 0 check (email_confirmed in (0, 1)),
  password_hash text,
  active integer not null default 1 check (active in (0, 1)),
  epoch integer not null default 0 check (epoch >= 0),
  operator text not null default 'none' check (operator in ('none', 'read', 'write')),
  created_at integer not null,
  updated_at integer not null
) strict, without rowid;
create index users_by_created on users (created_at, id);

create table workspaces (
  id integer primary key autoincrement,
  name text not null,
  created_at integer not null,
  updated_at integer not null
) strict;

create table workspace_members (
  workspace integer not null references workspaces (id) on delete cascade,
  user_id text not null references users (id) on delete cascade,
  role text not null check (role in ('owner', 'admin', 'agent')),
  active integer not null default 1 check (active in (0, 1)),
  created_at integer not null,
  updated_at integer not null,
  primary key (workspace, user_id)
) strict, without rowid;
create index workspace_members_by_user on workspace_members (user_id, workspace, active, role);

-- One row a workspace, locked by whoever appends to its log: that is what makes offsets gapless. The epoch names this run of offsets and is
-- changed whenever a database is put back from a backup.
create table workspace_counters (
  workspace integer primary key references workspaces (id) on delete cascade,
  log_epoch text not null,
  log_offset integer not null default 0 check (log_offset >= 0)
) strict;
create trigger workspaces_get_counters after insert on workspaces begin
  insert into workspace_counters (workspace, log_epoch) values (new.id, lower(hex(randomblob(8))));
end;

create table workspace_log (
  workspace integer not null references workspaces (id) on delete cascade,
  offset integer not null check (offset > 0),
  type text not null,
  payload text not null check (json_valid(payload)),
  at integer not null, -- epoch microseconds
  primary key (workspace, offset)
) strict, without rowid;

create table customers (
  id integer primary key autoincrement,
  workspace integer not null references workspaces (id) on delete cascade,
  first_name text,
  last_name text,
  username text,
  phone_number text,
  email text,
  description text,
  profile_picture text,
  source text not null default 'unknown' check (length(source) between 1 and 40),
  source_id text,
  bio text,
  persona_data text check (json_valid(persona_data)),
  data text not null default '{}' check (json_valid(data)),
  -- Names, user name, e-mail and phone number in the one form in which they are searched.
  search_text text not null default '',
  created_at integer not null,
  updated_at integer not null,
  unique (workspace, id)
) strict;
create unique index customers_by_source on customers (workspace, source, source_id) where source_id is not null;
create index customers_by_created on customers (workspace, created_at desc, id desc);
create index customers_by_updated on customers (workspace, updated_at desc, id desc);

create table tags (
  id integer primary key autoincrement,
  workspace integer not null references workspaces (id) on delete cascade,
  name text not null check (length(name) between 1 and 100),
  created_by text references users (id) on delete set null,
  created_at integer,
  unique (workspace, id)
) strict;
create index tags_by_name on tags (workspace, name);
create index tags_by_creator on tags (created_by) where created_by is not null;

create table customer_tags (
  workspace integer not null,
  customer integer not null,
  tag integer not null,
  primary key (customer, tag),
  foreign key (workspace, customer) references customers (workspace, id) on delete cascade,
  foreign key (workspace, tag) references tags (workspace, id) on delete cascade
) strict, without rowid;
create index customer_tags_by_tag on customer_tags (workspace, tag, customer);
create index customer_tags_by_customer on customer_tags (workspace, customer);

create table conversations (
  id text primary key check (length(id) between 1 and 64),
  workspace integer not null references workspaces (id) on delete cascade,
  customer integer not null,
  title text,
  status text not null default 'active' check (status in ('active', 'support_active', 'marketing_active', 'closed')),
  priority integer not null default 1 check (priority >= 0),
  source text not null default 'unknown' check (length(source) between 1 and 40),
  is_active integer not null default 1 check (is_active in (0, 1)),
  assignee text references users (id) on delete set null,
  claim_user text references users (id) on delete set null,
  claim_until_ms integer,
  -- Denormalised in the transaction that stores a message; seq of the newest message, 0 for none.
  last_message_seq integer not null default 0 check (last_message_seq >= 0),
  customer_message_count integer not null default 0 check (customer_message_count >= 0),
  unanswered_count integer not null default 0 check (unanswered_count >= 0),
  -- The title in the one form in which it is searched.
  search_text text not null default '',
  created_at integer not null,
  updated_at integer not null,
  foreign key (workspace, customer) references customers (workspace, id) on delete cascade
) strict;
create index conversations_by_updated on conversations (workspace, updated_at desc, id desc);
create index conversations_by_created on conversations (workspace, created_at desc, id desc);
create index conversations_by_customer on conversations (workspace, customer, updated_at desc, id desc);
create index conversations_by_assignee on conversations (assignee, updated_at desc) where assignee is not null;
create index conversations_by_claim on conversations (claim_user) where claim_user is not null;

create table messages (
  id text primary key check (length(id) between 1 and 64),
  conversation text not null references conversations (id) on delete cascade,
  seq integer not null check (seq > 0),
  type text not null check (type in ('customer', 'AI', 'support', 'marketing')),
  -- Who wrote it, with its kind: user:7, customer:12, ai, source:telegram.
  author text not null,
  -- The writer's own name for this message: sending it again answers the stored one.
  client_key text,
  customer integer references customers (id) on delete set null,
  content text not null,
  is_ai_response integer not null default 0 check (is_ai_response in (0, 1)),
  is_answered integer not null default 0 check (is_answered in (0, 1)),
  message_type text not null default 'text' check (message_type in ('text', 'voice', 'image', 'video', 'share')),
  media_file text,
  media_url text,
  transcription text,
  processing_status text not null default 'completed' check (processing_status in ('completed', 'pending', 'processing', 'failed')),
  processing_error text,
  processed_at integer,
  processing_duration_ms integer,
  buttons text check (json_valid(buttons)),
  metadata text check (json_valid(metadata)),
  feedback text not null default 'none' check (feedback in ('none', 'positive', 'negative')),
  feedback_comment text not null default '' check (length(feedback_comment) <= 500),
  feedback_at integer,
  -- Messages of type customer in this conversation up to and including this one.
  customer_count integer not null check (customer_count >= 0),
  -- The content in the one form in which it is searched.
  search_text text not null default '',
  created_at integer not null,
  unique (conversation, seq)
) strict;
create unique index messages_by_client_key on messages (author, client_key) where client_key is not null;
create index messages_unanswered on messages (conversation, seq) where type = 'customer' and is_answered = 0;
create index messages_by_customer on messages (customer) where customer is not null;

create table attachments (
  id text primary key,
  message text not null references messages (id) on delete cascade,
  url text not null,
  name text,
  media_type text,
  size_bytes integer check (size_bytes >= 0),
  created_at integer not null
) strict;
create index attachments_by_message on attachments (message);

create table read_marks (
  conversation text not null references conversations (id) on delete cascade,
  user_id text not null references users (id) on delete cascade,
  seq integer not null check (seq >= 0),
  -- customer_count of the message at seq: unread is the conversation's customer_message_count minus this.
  customer_count integer not null check (customer_count >= 0),
  updated_at integer not null,
  primary key (conversation, user_id)
) strict, without rowid;
create index read_marks_by_user on read_marks (user_id);

-- The gate.

-- The last number given, by name. A number is taken in the transaction that uses it, so none is ever skipped.
create table counters (
  name text primary key,
  value integer not null
) strict, without rowid;
insert into counters (name, value) values ('control', 0), ('user', 0);

create table control_log (
  seq integer primary key,
  kind text not null check (kind in ('ban_added', 'ban_lifted', 'revoked', 'user_changed')),
  payload text not null check (json_valid(payload)),
  at_ms integer not null
) strict;

create table bans (
  id text primary key,
  kind text not null check (kind in ('network', 'user')),
  subject text not null,
  reason text not null,
  actor text not null,
  source text not null check (source in ('manual', 'ladder', 'import')),
  created_ms integer not null,
  expires_ms integer,
  lifted_ms integer,
  lifted_by text
) strict;
create index bans_in_force on bans (kind, subject) where lifted_ms is null;

create table revocations (
  id integer primary key,
  kind text not null check (kind in ('token', 'user')),
  subject text not null,
  before_ms integer,
  until_ms integer not null,
  actor text not null,
  created_ms integer not null,
  check ((kind = 'user') = (before_ms is not null)),
  unique (kind, subject)
) strict;
create index revocations_by_end on revocations (until_ms);

create table audit_log (
  id integer primary key autoincrement,
  at_ms integer not null,
  actor text not null,
  action text not null,
  subject text not null,
  before text check (json_valid(before)),
  after text check (json_valid(after))
) strict;
create index audit_log_by_subject on audit_log (subject, at_ms);
`,
}
