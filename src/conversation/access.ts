import type { Conversations } from './conversations.js'
import type { Workspace } from './records.js'

/**
 * What a user may see and do, once it is proved. Made only here: whoever holds one asks the store within its workspace and nowhere else.
 *
 * The rule: a member sees his whole workspace, and nothing of any other.
 */
export interface Scope {
  readonly userId: string
  readonly workspace: Workspace
}

/** The scope of a user's lists: the workspace he has been a member of for longest, `undefined` when he is in none. */
export const listScope = async (conversations: Conversations, userId: string): Promise<Scope | undefined> => {
  const [first] = await conversations.membershipsOf(userId)
  return first === undefined ? undefined : { userId, workspace: first.workspace }
}

/** The scope of one conversation: `undefined` when it does not exist or lies in a workspace the user is no member of. */
export const conversationScope = async (conversations: Conversations, userId: string, conversation: string): Promise<Scope | undefined> => {
  const workspace = await conversations.workspaceOf(userId, conversation)
  return workspace === undefined ? undefined : { userId, workspace }
}
