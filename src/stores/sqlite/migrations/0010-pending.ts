import type { Migration } from '../migration.js'

/**
 * Without the index of texts that wait for the search index: there are never more than 255, which a search reads whole, and each message was written twice
 * for it.
 */
export const pending: Migration = {
  version: 10,
  name: '0010-pending',
  script: 'drop index search_pending_by_workspace;',
}
