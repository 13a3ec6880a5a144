import type { WorkspaceEvent } from './log.js'
import type { Page, Slice } from './lists.js'
import type { Conversation, Customer, Message, MessageMark, MessageType, Source } from './records.js'
import { storableText } from './storable-text.js'

export interface MessagesAsk extends Slice {
  readonly workspace: string
  readonly conversation: string
  /** Only messages with a lower `seq`; with `offset` 0 this is the page before a message one holds. */
  readonly before?: number | undefined
  /** Only messages with a higher `seq`. */
  readonly after?: number | undefined
}

/** One conversation, oldest message first inside the page; pages are counted from the newest. */
export interface MessagesPage extends Page<Message> {
  /** `undefined` when the workspace has no such conversation. */
  readonly conversation: Conversation | undefined
  readonly customer: Customer | undefined
}

export interface NewMessage {
  readonly workspace: string
  readonly conversation: string
  readonly type: MessageType
  readonly author: string | undefined
  /** Chosen by the client, 1 to 64 characters, unique per author: the same message under it again stores nothing and answers what was stored, another one is `key_reused`. */
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

/** Whether a message that was sent is the one that its key already belongs to. */
export const isSameSend = (stored: Message, { conversation, content }: Pick<NewMessage, 'conversation' | 'content'>): boolean =>
  stored.conversation === conversation && stored.content === storableText(content)

/** What became of a message; `stored` only after COMMIT. */
export type SendResult =
  | { readonly outcome: 'stored'; readonly message: Message; readonly event: WorkspaceEvent }
  | { readonly outcome: 'repeated'; readonly message: Message }
  | { readonly outcome: 'stale'; readonly unseen: readonly Message[] }
  | { readonly outcome: 'key_reused' }
  | { readonly outcome: 'not_found' }
