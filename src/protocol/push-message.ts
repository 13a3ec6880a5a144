import type { Topic } from './command.js'
import type { ConversationItem, CustomerItem, FeedbackItem, MessageItem } from './item.js'

/** The first push of every session. */
export interface Welcome {
  readonly type: 'welcome'
  /** Id of the session, which is the id of the decision that admitted it. */
  readonly session: string
  readonly user: { readonly id: string; readonly role: string }
  readonly workspace: { readonly id: string; readonly name: string } | null
  readonly protocol: 'sallyport.v1'
  /** Epoch milliseconds; `null` in development. */
  readonly expiresAt: number | null
  /** Epoch milliseconds of the server's clock. */
  readonly serverTime: number
  readonly heartbeatMs: number
  readonly limits: {
    readonly frameBytes: number
    readonly contentCharacters: number
    readonly pageSize: number
    readonly subscriptions: number
    readonly messages: { readonly max: number; readonly windowMs: number }
  }
  readonly development: boolean
}

/** The path's own subscription, answered without having been asked; the fields are those of the reply to `subscribe`. */
export interface Subscribed {
  readonly type: 'subscribed'
  readonly topic: Topic
  readonly epoch: string | null
  readonly offset: number
  readonly recovered: boolean
  readonly events: readonly PushMessage[]
  /** As in the reply to `subscribe`. */
  readonly page: object | null
}

/** The path's own subscription could not be begun; the socket goes on. */
export interface SubscriptionFailed {
  readonly type: 'subscription.failed'
  readonly topic: Topic
  readonly code: 'not_found' | 'unavailable'
  readonly message: string
}

/** The server goes away; come back after the delay. */
export interface SessionClosing {
  readonly type: 'session.closing'
  readonly code: string
  readonly reconnectAfterMs: number
}

/** The session ends at `expiresAt` unless `authenticate` brings a new token before. */
export interface SessionExpiring {
  readonly type: 'session.expiring'
  /** Why it will end: the told code that its close would carry. */
  readonly code: string
  /** Epoch milliseconds of the server's clock, the configured grace included. */
  readonly expiresAt: number
  /** Milliseconds from now. */
  readonly expiresInMs: number
}

/** Durable pushes carry their place in the log. */
interface Durable {
  readonly offset: number
  /** Epoch milliseconds. */
  readonly at: number
}

export interface MessageCreated extends Durable {
  readonly type: 'message.created'
  readonly message: MessageItem
  /** Whether it is on its way to the customer; `message.delivery` says what became of it. */
  readonly queued: boolean
}

/** A message has reached its customer's connector, or never will. */
export interface MessageDelivery extends Durable {
  readonly type: 'message.delivery'
  readonly conversation: string
  readonly message: string
  /** `null` when it was delivered. */
  readonly failure: 'refused' | 'expired' | null
}

export interface MessageFeedback extends Durable {
  readonly type: 'message.feedback'
  readonly conversation: string
  readonly message: string
  readonly feedback: FeedbackItem
}

/** A row of the inbox as it is now; its customer only when he has changed. */
export interface ConversationChanged extends Durable {
  readonly type: 'conversation.changed'
  readonly conversation: ConversationItem
  readonly lastMessage: MessageItem | null
  readonly customer?: CustomerItem
}

/** Customer messages up to `upTo` count as answered. */
export interface ConversationAnswered extends Durable {
  readonly type: 'conversation.answered'
  readonly conversation: ConversationItem
  readonly upTo: number
  readonly by: string
}

/** Where a reader's mark stands now. */
export interface ConversationRead extends Durable {
  readonly type: 'conversation.read'
  readonly conversation: string
  readonly user: string
  readonly upTo: number
  readonly readCount: number
}

/** It is gone with its messages; a subscription to it has ended. */
export interface ConversationDeleted extends Durable {
  readonly type: 'conversation.deleted'
  readonly conversation: string
  readonly by: string
}

/** A customer as he is now. */
export interface CustomerChanged extends Durable {
  readonly type: 'customer.changed'
  readonly customer: CustomerItem
}

/** He is gone with all his conversations. */
export interface CustomerDeleted extends Durable {
  readonly type: 'customer.deleted'
  readonly customer: number
  readonly conversations: readonly string[]
  readonly by: string
}

/** Somebody writes, or has stopped; forget it after 6 s without another one. */
export interface Typing {
  readonly type: 'typing'
  readonly conversation: string
  readonly user: string
  readonly active: boolean
}

/** What a server says unasked. */
export type PushMessage =
  | Welcome
  | Subscribed
  | SubscriptionFailed
  | SessionClosing
  | SessionExpiring
  | MessageCreated
  | MessageDelivery
  | MessageFeedback
  | ConversationChanged
  | ConversationAnswered
  | ConversationRead
  | ConversationDeleted
  | CustomerChanged
  | CustomerDeleted
  | Typing
