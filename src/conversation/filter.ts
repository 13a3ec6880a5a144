/** What a list of conversations is narrowed to; all given conditions must hold. */
export interface ConversationFilter {
  /** Words as typed; found in title, customer names, username, e-mail and message texts, whatever their case or letter form. */
  readonly search?: string | undefined
  readonly status?: string | undefined
  readonly source?: string | undefined
  readonly priority?: number | undefined
  /** Names; the customer wears at least one of them. */
  readonly tags?: readonly string[] | undefined
  /** Epoch milliseconds; created at or after. */
  readonly createdFrom?: number | undefined
  /** Epoch milliseconds; created before. */
  readonly createdBefore?: number | undefined
  /** Only conversations with an unanswered customer message. */
  readonly unanswered?: true | undefined
  readonly assignee?: string | undefined
}

/** What a list of customers is narrowed to; all given conditions must hold. */
export interface CustomerFilter {
  /** Words as typed; found in names, username, e-mail and phone number. */
  readonly search?: string | undefined
  readonly source?: string | undefined
  /** Names; the customer wears at least one of them. */
  readonly tags?: readonly string[] | undefined
  /** Ids; the customer wears at least one of them. */
  readonly tagIds?: readonly number[] | undefined
  readonly hasEmail?: boolean | undefined
  readonly hasPhone?: boolean | undefined
  /** Some conversation with the customer has this status. */
  readonly conversationStatus?: string | undefined
  /** Whether some conversation with the customer has an unanswered customer message. */
  readonly unanswered?: boolean | undefined
  /** Epoch milliseconds; created at or after. */
  readonly createdFrom?: number | undefined
  /** Epoch milliseconds; created before. */
  readonly createdBefore?: number | undefined
  /** Epoch milliseconds; last activity (the newest change of a conversation, else of the customer) at or after. */
  readonly activeFrom?: number | undefined
  /** Epoch milliseconds; last activity before. */
  readonly activeBefore?: number | undefined
}

export const conversationOrders = ['createdAt', 'updatedAt', 'title', 'status', 'priority'] as const
export type ConversationOrderBy = (typeof conversationOrders)[number]

export const customerOrders = ['createdAt', 'updatedAt', 'firstName'] as const
export type CustomerOrderBy = (typeof customerOrders)[number]

/** A sort; rows that are equal in it follow their id in the same direction, so that pages neither skip nor repeat. */
export interface Order<By extends string> {
  readonly by: By
  readonly descending: boolean
}

/** The same rows from the other end. */
export const reversed = <By extends string>({ by, descending }: Order<By>): Order<By> => ({ by, descending: !descending })
