import type { Migration } from '../migration.js'

/** An index by which bans that are long over are found without a look at the others. */
export const sweep: Migration = {
  version: 5,
  name: '0005-sweep',
  script: `create index bans_by_end on bans (coalesce(lifted_ms, expires_ms)) where coalesce(lifted_ms, expires_ms) is not null;`,
}
