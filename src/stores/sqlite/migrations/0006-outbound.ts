import type { Migration } from '../migration.js'

/** Messages on their way to customers. */
export const outbound: Migration = {
  version: 6,
  name: '0006-outbound',
  script: `
create table outbound (
  id integer primary key autoincrement,
  workspace integer not null references workspaces (id) on delete cascade,
  source text not null,
  conversation text not null references conversations (id) on delete cascade,
  message text not null unique references messages (id) on delete cascade,
  attempts integer not null default 0 check (attempts >= 0),
  queued_ms integer not null,
  -- Null while an older message of the conversation is in the queue.
  due_ms integer
) strict;
create index outbound_due on outbound (workspace, source, due_ms) where due_ms is not null;
create index outbound_by_conversation on outbound (conversation, id);
`,
}
