/** Records as `sallyport.v1` writes them. Times are epoch milliseconds, absence is `null`. */

export interface MessageItem {
  readonly id: string
  readonly conversation: string
  readonly seq: number
  /** How many customer messages there were up to and including this one. */
  readonly customerCount: number
  readonly type: 'customer' | 'AI' | 'support' | 'marketing'
  /** User id of the agent who wrote it. */
  readonly author: string | null
  readonly content: string
  readonly contentType: 'text' | 'voice' | 'image' | 'video' | 'share'
  readonly mediaUrl: string | null
  readonly transcription: string | null
  readonly feedback: FeedbackItem
  /** What the advisory rules noticed, such as `potential_spam`; nothing was refused because of it. */
  readonly marks: readonly string[]
  readonly answered: boolean
  readonly createdAt: number
}

export interface FeedbackItem {
  readonly value: 'none' | 'positive' | 'negative'
  readonly comment: string
  readonly at: number | null
}

export interface TagItem {
  readonly id: number
  readonly name: string
}

export interface CustomerItem {
  readonly id: number
  readonly firstName: string | null
  readonly lastName: string | null
  readonly username: string | null
  readonly email: string | null
  readonly phoneNumber: string | null
  readonly description: string | null
  readonly source: string
  readonly profilePicture: string | null
  readonly tags: readonly TagItem[]
  readonly createdAt: number
  readonly updatedAt: number
}

/** A conversation as everybody in the workspace sees it; every value absolute. */
export interface ConversationItem {
  readonly id: string
  readonly customerId: number
  readonly title: string
  readonly status: 'active' | 'support_active' | 'marketing_active' | 'closed'
  readonly source: string
  readonly priority: number
  readonly assignee: string | null
  readonly createdAt: number
  readonly updatedAt: number
  readonly lastSeq: number
  /** How many messages the customer has written. A reader's unread number is this minus his own `readCount`, never below 0. */
  readonly customerCount: number
  /** Customer messages nobody has answered. */
  readonly unanswered: number
}

/** A row of the inbox, with what only its reader has. */
export interface InboxItem extends ConversationItem {
  readonly customer: CustomerItem
  readonly lastMessage: MessageItem | null
  /** Customer messages up to the reader's own mark. */
  readonly readCount: number
  /** `customerCount - readCount`. */
  readonly unread: number
}

/** A row of the customer list. */
export interface CustomerRowItem extends CustomerItem {
  /** Newest change first. */
  readonly conversations: readonly (ConversationItem & { readonly lastMessage: MessageItem | null })[]
}
