import type { Memberships } from '../../admission/topic.js'
import type { SqliteEngine } from './engine.js'

/** Who may enter a conversation: active users with an active membership in its workspace. */
export const createSqliteMemberships = (engine: SqliteEngine): Memberships => ({
  async mayEnter(userId, conversation, deadline) {
    if (userId.includes('\0') || conversation.includes('\0')) return false
    const rows = await engine.read(
      'admission',
      `select 1 from conversations c
       join workspace_members m on m.workspace = c.workspace and m.user_id = :userId and m.active = 1
       join users u on u.id = m.user_id and u.active = 1
       where c.id = :conversation`,
      { userId, conversation },
      deadline,
    )
    return rows.length > 0
  },
})
