import type { ConversationFilter, ConversationOrderBy, CustomerFilter, CustomerOrderBy, Order } from './filter.js'
import type { Conversation, ConversationStatus, Customer, Message, Source, Tag } from './records.js'

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

/** Distinct values that a workspace's lists may be filtered by, sorted. */
export interface FilterValues {
  readonly statuses: readonly ConversationStatus[]
  readonly conversationSources: readonly Source[]
  readonly customerSources: readonly Source[]
  readonly priorities: readonly number[]
  readonly tags: readonly Tag[]
}
