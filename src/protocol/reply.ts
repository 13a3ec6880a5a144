import type { CommandId } from './command.js'
import type { CustomerRowItem, InboxItem, MessageItem, ConversationItem, CustomerItem } from './item.js'
import type { PushMessage } from './push-message.js'

/** Why a command was not done; closed list. */
export const replyCodes = {
  invalid_json: 'The message is not a JSON object.',
  invalid_command: 'A field of the command is missing or wrong.',
  unknown_command: 'There is no command of this type.',
  not_available: 'This server does not offer the command.',
  not_found: 'There is nothing of this id that you may see.',
  stale: 'There are newer messages than the one you saw last; nothing was stored.',
  key_reused: 'This key already belongs to another message of yours; nothing was stored. Send a new message with a new key.',
  not_ai: 'Feedback is for messages of the AI.',
  not_subscribed: 'The topic is not subscribed on this socket: subscribe to it first.',
  too_many_subscriptions: 'Too many topics at once on this socket: unsubscribe from one first.',
  rate_limited: 'Too many messages; wait for the time told in retryAfterMs. Nothing was stored.',
  not_stored: 'The store did not answer; try again with the same key.',
  unavailable: 'The store did not answer; try again later.',
  token_invalid: 'The token was not accepted; the session goes on until its own end.',
  token_expired: 'The token has expired; the session goes on until its own end.',
  token_revoked: 'The token was revoked before its end.',
  forbidden: 'You may not do this.',
  internal_error: 'The server failed; the fault is ours.',
} as const satisfies Record<string, string>

export type ReplyCode = keyof typeof replyCodes

/** A command was done. */
export interface OkReply {
  readonly re: CommandId
  readonly type: 'ok'
}

/** A command was not done; the socket goes on. `re` is missing only when the message held no usable id. */
export interface ErrorReply {
  readonly re?: CommandId
  readonly type: 'error'
  readonly code: ReplyCode
  /** For a person. */
  readonly message: string
  /** Milliseconds after which the same command may succeed. */
  readonly retryAfterMs?: number
  /** For `stale`: what the author has not seen, oldest first. */
  readonly unseen?: readonly MessageItem[]
}

export interface AuthenticateReply extends OkReply {
  /** Epoch milliseconds at which the session now ends; `null` in development. */
  readonly expiresAt: number | null
}

/** A page of a list that goes on where `next` says. */
export interface ListReply<Item> extends OkReply {
  readonly items: readonly Item[]
  /** Rows of the whole list. */
  readonly total: number
  /** `cursor` of the next page, `null` at the end. */
  readonly next: string | null
}

export type ConversationsReply = ListReply<InboxItem>
export type CustomersReply = ListReply<CustomerRowItem>

/** Messages of one conversation, oldest first; ask again with `before` the first `seq`, or `after` the last. */
export interface MessagesReply extends OkReply {
  readonly conversation: ConversationItem & { readonly customer: CustomerItem }
  readonly items: readonly MessageItem[]
  /** Whether there are older ones than the first. */
  readonly hasOlder: boolean
}

/** The topic is subscribed; what happens from now on is told. */
export interface SubscribeReply extends OkReply {
  readonly epoch: string | null
  readonly offset: number
  /** `true`: `events` is everything since. `false`: take `page` and forget what was held. Without `since` it is `false`. */
  readonly recovered: boolean
  readonly events: readonly PushMessage[]
  /** The first page, in the shape of the reply to the topic's list command without `re` and `type`; `null` when `recovered`. */
  readonly page: object | null
}

export interface SendReply extends OkReply {
  readonly message: MessageItem
  /** Whether this key had been stored before. */
  readonly repeated: boolean
}
