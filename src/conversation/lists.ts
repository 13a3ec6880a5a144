import type { ConversationFilter, ConversationOrderBy, CustomerFilter, CustomerOrderBy, Order } from './filter.js'
import type { Conversation, ConversationStatus, Customer, Message, Source, Tag } from './records.js'

/** Rows to leave out, and rows to answer at most. */
export interface Slice {
  /** 0 or more. */
  readonly offset: number
  /** 1 to 501: a page, and one more that tells whether there is a next one. */
  readonly limit: number
}

/** Where a row stood in a sorted list: the rows beside it are told by it, whatever was added before it meanwhile, and also when it is gone. */
export interface Place {
  /** What the list is sorted by, of that row: epoch milliseconds of a time, a number or text; `undefined` for a first name that is missing. */
  readonly key: number | string | undefined
  /** Id of the row. */
  readonly id: string
}

/** From where a list is read; at most one of both. */
export interface Beside {
  /** Only rows after this one. */
  readonly following?: Place | undefined
  /** Only rows before this one; `offset` and `limit` are counted from it backwards, the rows come in the order of the list all the same. */
  readonly preceding?: Place | undefined
}

/** Where a row of the inbox stands in a sort. */
export const conversationPlace = ({ by }: Order<ConversationOrderBy>, conversation: Conversation): Place => ({ key: conversation[by], id: conversation.id })

/** Where a customer stands in a sort. */
export const customerPlace = ({ by }: Order<CustomerOrderBy>, customer: Customer): Place => ({ key: customer[by], id: String(customer.id) })

/** Part of a list, with the length of the whole. */
export interface Page<T> {
  readonly rows: readonly T[]
  /**
   * Length of the whole list: exact up to 10,000, or 200 of a search, and always for lists narrowed only by status, source, priority or
   * waiting. A longer one answers at least so many, and more than has been shown while there are more.
   */
  readonly total: number
}

export interface ConversationsAsk extends Slice, Beside {
  readonly workspace: string
  /** User id whose read marks are answered. */
  readonly reader: string
  readonly filter: ConversationFilter
  readonly order: Order<ConversationOrderBy>
  /** User id whose turn it takes where many wait; default the workspace. */
  readonly asker?: string | undefined
}

export interface CustomersAsk extends Slice, Beside {
  readonly workspace: string
  readonly filter: CustomerFilter
  readonly order: Order<CustomerOrderBy>
  /** User id whose turn it takes where many wait; default the workspace. */
  readonly asker?: string | undefined
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
