import type { Migration } from '../migration.js'

/**
 * Who is logged in, and with which refresh tokens. Of a token only its digest is stored.
 *
 * A session whose ends have come is swept by the next log-in; a session keeps a bounded number of its past tokens, to notice one used twice.
 */
export const logins: Migration = {
  version: 3,
  name: '0003-logins',
  script: `
create table login_sessions (
  id text primary key,
  user_id text not null references users (id) on delete cascade,
  epoch integer not null,
  created_ms integer not null,
  -- The earlier of both ends: unused for too long, or too old.
  until_ms integer not null,
  ends_ms integer not null check (ends_ms >= until_ms)
) strict, without rowid;
create index login_sessions_by_user on login_sessions (user_id, created_ms);
create index login_sessions_by_end on login_sessions (until_ms);

create table login_tokens (
  hash text primary key,
  session text not null references login_sessions (id) on delete cascade,
  -- Counted from 1 in each session; the highest is the one that is good.
  number integer not null check (number > 0),
  -- The access token that was given out beside it.
  access_id text not null,
  access_until_ms integer not null,
  unique (session, number)
) strict, without rowid;
`,
}
