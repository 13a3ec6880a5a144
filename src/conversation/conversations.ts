import type { Changed, FeedbackAsk, FeedbackResult, ReadAsk, UpdateAsk, Updated } from './changes.js'
import type { Inbound } from './inbound-message.js'
import type { ConversationRow, ConversationsAsk, CustomerRow, CustomersAsk, FilterValues, Page } from './lists.js'
import type { LogPosition, WorkspaceEvent } from './log.js'
import type { MessagesAsk, MessagesPage, NewMessage, SendResult } from './message-asks.js'
import type { Member, Workspace } from './records.js'
import type { Upkeep } from './upkeep.js'

/** Events after an offset. */
export interface LogSlice {
  readonly position: LogPosition
  /** Oldest first, without gaps. `undefined` when the log does not reach back so far, or there are more than `limit`. */
  readonly events: readonly WorkspaceEvent[] | undefined
}

/**
 * Keeps customers, conversations and messages, every workspace apart.
 *
 * Every question names its workspace; what lies in another one does not exist. A page costs a constant number of queries, whatever its
 * length. All of them throw `StoreUnavailable` when the store does not answer in time.
 */
export interface Conversations extends Upkeep, Inbound {
  /** The workspaces a user is a member of, oldest membership first, with what each lets him do. */
  membershipsOf(userId: string): Promise<readonly { readonly workspace: Workspace; readonly member: Member }[]>
  /** The workspace a conversation lies in, if the user is a member of it. */
  workspaceOf(userId: string, conversation: string): Promise<Workspace | undefined>

  conversations(ask: ConversationsAsk): Promise<Page<ConversationRow>>
  /** One row of the inbox, `undefined` when the workspace has no such conversation. */
  conversation(workspace: string, conversation: string, reader: string): Promise<ConversationRow | undefined>
  customers(ask: CustomersAsk): Promise<Page<CustomerRow>>
  messages(ask: MessagesAsk): Promise<MessagesPage>
  filterValues(workspace: string): Promise<FilterValues>

  /** Where the log of a workspace stands. */
  position(workspace: string): Promise<LogPosition | undefined>
  /** Events after `offset`, at most `limit`. */
  since(workspace: string, offset: number, limit: number): Promise<LogSlice | undefined>

  /** Stores a message with the next `seq` and appends its event, in one transaction. */
  send(message: NewMessage): Promise<SendResult>
  /** Moves a user's read mark forward, never back. Personal: changes no conversation. */
  markRead(ask: ReadAsk): Promise<Changed>
  /**
   * Marks customer messages up to `upTo` as answered, as the old `mark_read` did: while the AI answers (`active`), only those that have a
   * later AI message.
   */
  markAnswered(ask: ReadAsk): Promise<Changed>
  giveFeedback(ask: FeedbackAsk): Promise<FeedbackResult>
  /** Changes a conversation, and the tags of its customer where the ask names them, in one transaction: both are stored, or neither. */
  update(ask: UpdateAsk): Promise<Updated>
}
