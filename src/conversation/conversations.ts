import type { ConversationFilter, ConversationOrderBy, CustomerFilter, CustomerOrderBy, Order } from './filter.js'
import type { LogPosition, WorkspaceEvent } from './log.js'
import type { Conversation, ConversationStatus, Customer, FeedbackValue, Member, Message, MessageMark, MessageType, Source, Tag, Workspace } from './records.js'
import type { Inbound } from './inbound-message.js'
import type { Upkeep } from './upkeep.js'

/** Rows to leave out, and rows to answer at most. */
export interface Slice {
  /** 0 or more. */
  readonly offset: number
  /** 1 to 500. */
  readonly limit: number
}

/** A row of a list that is sorted by a time: rows after it are those a reader has not seen, whatever was added before it meanwhile. */
export interface Place {
  /** Epoch milliseconds of the sort's column. */
  readonly at: number
  /** Id of the row. */
  readonly id: string
}

/** Part of a list, with the length of the whole. */
export interface Page<T> {
  readonly rows: readonly T[]
  /**
   * Length of the whole list: exact up to 10,000, or 200 of a search, and always for lists narrowed only by status, source, priority or
   * waiting. A longer one answers at least so many, and more than has been shown while there are more.
   */
  readonly total: number
}

export interface ConversationsAsk extends Slice {
  readonly workspace: string
  /** User id whose read marks are answered. */
  readonly reader: string
  readonly filter: ConversationFilter
  readonly order: Order<ConversationOrderBy>
  /** User id whose turn it takes where many wait; default the workspace. */
  readonly asker?: string | undefined
  /** Only rows after this one; for sorts by a time. */
  readonly following?: Place | undefined
}

export interface CustomersAsk extends Slice {
  readonly workspace: string
  readonly filter: CustomerFilter
  readonly order: Order<CustomerOrderBy>
  /** User id whose turn it takes where many wait; default the workspace. */
  readonly asker?: string | undefined
  /** Only rows after this one; for sorts by a time. */
  readonly following?: Place | undefined
}

export interface MessagesAsk extends Slice {
  readonly workspace: string
  readonly conversation: string
  /** Only messages with a lower `seq`; with `offset` 0 this is the page before a message one holds. */
  readonly before?: number | undefined
  /** Only messages with a higher `seq`. */
  readonly after?: number | undefined
}

/** One row of the inbox. In lists the last message is cut at `previewCharacters`. */
export interface ConversationRow {
  readonly conversation: Conversation
  readonly customer: Customer
  readonly lastMessage: Message | undefined
  /** Customer messages up to the reader's mark. */
  readonly readCount: number
}

/** One row of the customer list. */
export interface CustomerRow {
  readonly customer: Customer
  /** Newest change first; at most `conversationsPerCustomer`. */
  readonly conversations: readonly CustomerConversation[]
}

export type CustomerConversation = Pick<ConversationRow, 'conversation' | 'lastMessage'>

/** One conversation, oldest message first inside the page; pages are counted from the newest. */
export interface MessagesPage extends Page<Message> {
  /** `undefined` when the workspace has no such conversation. */
  readonly conversation: Conversation | undefined
  readonly customer: Customer | undefined
}

/** Distinct values that a workspace's lists may be filtered by, sorted. */
export interface FilterValues {
  readonly statuses: readonly ConversationStatus[]
  readonly conversationSources: readonly Source[]
  readonly customerSources: readonly Source[]
  readonly priorities: readonly number[]
  readonly tags: readonly Tag[]
}

export interface NewMessage {
  readonly workspace: string
  readonly conversation: string
  readonly type: MessageType
  readonly author: string | undefined
  /** Chosen by the client, 1 to 64 characters, unique per author: the same key again stores nothing and answers what was stored. */
  readonly key: string | undefined
  /** 1 to 10,000 characters. */
  readonly content: string
  /** What the advisory rules noticed; kept with the message. */
  readonly marks?: readonly MessageMark[] | undefined
  /** Sources whose customers can be reached: a message to one of them is queued for it in the same transaction. */
  readonly outbound?: readonly Source[] | undefined
  /** The newest `seq` the author has seen; when there are newer ones nothing is stored and they are answered. */
  readonly after: number | undefined
  /** Epoch milliseconds. */
  readonly at: number
}

/** What became of a message; `stored` only after COMMIT. */
export type SendResult =
  | { readonly outcome: 'stored'; readonly message: Message; readonly event: WorkspaceEvent }
  | { readonly outcome: 'repeated'; readonly message: Message }
  | { readonly outcome: 'stale'; readonly unseen: readonly Message[] }
  | { readonly outcome: 'key_reused' }
  | { readonly outcome: 'not_found' }

export interface ReadAsk {
  readonly workspace: string
  readonly conversation: string
  readonly userId: string
  /** `seq` up to which the user has read. */
  readonly upTo: number
  readonly at: number
}

export interface FeedbackAsk {
  readonly workspace: string
  /** When given, the message must lie in it. */
  readonly conversation: string | undefined
  readonly message: string
  readonly userId: string
  readonly value: FeedbackValue
  /** At most 500 characters. */
  readonly comment: string
  readonly at: number
}

export type FeedbackResult =
  | { readonly outcome: 'stored'; readonly message: Message; readonly event: WorkspaceEvent }
  | { readonly outcome: 'not_ai' }
  | { readonly outcome: 'not_found' }

export interface UpdateAsk {
  readonly workspace: string
  readonly conversation: string
  readonly status?: ConversationStatus | undefined
  readonly priority?: number | undefined
  /** `undefined` leaves it; `null` takes it away. */
  readonly assignee?: string | null | undefined
  readonly by: string
  readonly at: number
}

export type Changed =
  | { readonly outcome: 'changed'; readonly row: Omit<ConversationRow, 'readCount'>; readonly event: WorkspaceEvent }
  /** It was so already; nothing was appended. */
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'not_found' }

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
  update(ask: UpdateAsk): Promise<Changed>
}
