/** Chosen by the client and given back in `re`: text of 1 to 64 characters, or a safe integer. */
export type CommandId = string | number

/** What a session may be told about: the inbox, the customers, or one conversation. */
export type Topic = 'conversations' | 'customers' | `conversation:${string}`

/** Where a client stands in the log of its workspace. */
export interface Since {
  readonly epoch: string
  readonly offset: number
}

/** What the inbox may be narrowed to. Times are epoch milliseconds. */
export interface ConversationsFilter {
  readonly search?: string | undefined
  readonly status?: 'active' | 'support_active' | 'marketing_active' | 'closed' | undefined
  readonly source?: string | undefined
  readonly priority?: number | undefined
  readonly assignee?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly unanswered?: true | undefined
  readonly createdFrom?: number | undefined
  readonly createdBefore?: number | undefined
}

/** What the customer list may be narrowed to. Times are epoch milliseconds. */
export interface CustomersFilter {
  readonly search?: string | undefined
  readonly source?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly unanswered?: boolean | undefined
  readonly createdFrom?: number | undefined
  readonly createdBefore?: number | undefined
}

/** How the inbox may be sorted; rows that are equal in it follow their id. */
export interface ConversationsOrder {
  readonly by: 'createdAt' | 'updatedAt' | 'title' | 'status' | 'priority'
  readonly descending: boolean
}

/** How the customer list may be sorted. A missing first name comes after all others. */
export interface CustomersOrder {
  readonly by: 'createdAt' | 'updatedAt' | 'firstName'
  readonly descending: boolean
}

/** A command by its type, without its id. */
export type CommandBody =
  /** Goes on with a new token; every rule of admission is asked again. */
  | { readonly type: 'authenticate'; readonly token: string }
  /** Begins to be told about a topic; with `since`, also what was missed. */
  | { readonly type: 'subscribe'; readonly topic: Topic; readonly since?: Since | undefined }
  | { readonly type: 'unsubscribe'; readonly topic: Topic }
  | {
      readonly type: 'conversations.list'
      readonly filter?: ConversationsFilter | undefined
      /** Default: last change, newest first. */
      readonly order?: ConversationsOrder | undefined
      readonly limit?: number | undefined
      /** `next` of the page before, which had the same order. */
      readonly cursor?: string | undefined
    }
  | {
      readonly type: 'customers.list'
      readonly filter?: CustomersFilter | undefined
      /** Default: creation, newest first. */
      readonly order?: CustomersOrder | undefined
      readonly limit?: number | undefined
      /** `next` of the page before, which had the same order. */
      readonly cursor?: string | undefined
    }
  | {
      readonly type: 'messages.list'
      readonly conversation: string
      readonly limit?: number | undefined
      /** Only messages with a lower `seq`. */
      readonly before?: number | undefined
      /** Only messages with a higher `seq`. */
      readonly after?: number | undefined
    }
  /** Stores a message; the same one under the same `key` again stores nothing and answers what was stored. Another one under it is `key_reused`. */
  | {
      readonly type: 'message.send'
      readonly conversation: string
      readonly key: string
      readonly content: string
      /** The newest `seq` the author has seen: when there are newer ones, nothing is stored and they are answered. */
      readonly after?: number | undefined
    }
  | { readonly type: 'conversation.read'; readonly conversation: string; readonly upTo: number }
  | {
      readonly type: 'conversation.update'
      readonly conversation: string
      readonly status?: 'active' | 'support_active' | 'marketing_active' | 'closed' | undefined
      readonly priority?: number | undefined
      /** `null` takes the assignment away. */
      readonly assignee?: string | null | undefined
      readonly tags?: readonly string[] | undefined
    }
  | { readonly type: 'conversation.claim'; readonly conversation: string }
  | { readonly type: 'conversation.release'; readonly conversation: string }
  | {
      readonly type: 'message.feedback'
      readonly message: string
      readonly feedback: 'none' | 'positive' | 'negative'
      readonly comment?: string | undefined
    }
  | { readonly type: 'typing'; readonly conversation: string; readonly active: boolean }
  | { readonly type: 'presence.watch'; readonly ids: readonly string[] }

export type CommandType = CommandBody['type']

/** What a client asks. */
export type Command = CommandBody & { readonly id: CommandId }

/** A command of one type. */
export type CommandOf<Type extends CommandType> = Extract<Command, { readonly type: Type }>
