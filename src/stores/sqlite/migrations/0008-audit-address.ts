import type { Migration } from '../migration.js'

/** From where a change was asked for. */
export const auditAddress: Migration = {
  version: 8,
  name: '0008-audit-address',
  script: `
-- Peer of the connection of the actor; null for who asked over none, and in lines that are older than the column.
alter table audit_log add column address text;`,
}
