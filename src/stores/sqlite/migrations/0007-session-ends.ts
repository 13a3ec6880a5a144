import type { Migration } from '../migration.js'

/**
 * Ended sessions in the control log, and who reads it.
 *
 * A check can't be changed, so the log is made anew and its rows are carried over with their numbers; the counter they are taken from stays as it is.
 */
export const sessionEnds: Migration = {
  version: 7,
  name: '0007-session-ends',
  script: `
create table control_log_with_ends (
  seq integer primary key,
  kind text not null check (kind in ('ban_added', 'ban_lifted', 'revoked', 'user_changed', 'sessions_ended')),
  payload text not null check (json_valid(payload)),
  at_ms integer not null
) strict;
insert into control_log_with_ends (seq, kind, payload, at_ms) select seq, kind, payload, at_ms from control_log;
drop table control_log;
alter table control_log_with_ends rename to control_log;

-- Processes, each from its start to its end; one that died stays until somebody waits for it in vain.
create table control_readers (
  name text primary key,
  joined_ms integer not null
) strict, without rowid;

-- What they made of ended sessions; of no use after a minute.
create table control_answers (
  end_id text not null,
  reader text not null,
  sockets integer not null check (sockets >= 0),
  at_ms integer not null,
  primary key (end_id, reader)
) strict, without rowid;
create index control_answers_by_time on control_answers (at_ms);
`,
}
