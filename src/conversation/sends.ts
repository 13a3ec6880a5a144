import { StoreUnavailable } from '../admission/store-unavailable.js'
import type { WindowLimit } from '../admission/limits.js'
import type { Scope } from './access.js'
import { contentVerdict } from './content-marks.js'
import type { Conversations } from './conversations.js'
import type { NewMessage, SendResult } from './message-asks.js'
import type { MessageRate } from './message-rate.js'
import type { OutboundLane } from './outbound.js'
import type { Message, Source } from './records.js'
import { storableText } from './storable-text.js'

/** What became of a message that a user sent. */
export type Sent =
  | SendResult
  /** The user's window is full; nothing was stored. */
  | { readonly outcome: 'limited'; readonly retryAfterMs: number }
  /** He tried three times as many: his session is to be closed. */
  | { readonly outcome: 'flood'; readonly retryAfterMs: number }
  /** The store did not answer in time. Whether it was stored is not known; the same key makes asking again safe. */
  | { readonly outcome: 'not_stored' }

/** What sends tell whoever logs and counts; called synchronously and must not throw. */
export interface SendEvents {
  limited?(userId: string, outcome: 'limited' | 'flood'): void
  /** A message was stored with marks. `writer` is a user id, or says which customer. */
  marked?(writer: string, message: Message, spamScore: number): void
  failed?(error: unknown): void
  /** A message has begun its way to a customer. */
  queued?(lane: OutboundLane): void
}

export interface SendAsk extends Pick<NewMessage, 'conversation' | 'type' | 'content' | 'key' | 'after' | 'at'> {
  readonly userId: string
  /** Asked only when the rate allows the message. */
  readonly scope: () => Scope | undefined | Promise<Scope | undefined>
}

/** Sends messages of users, whatever their dialect: rate, scope, advisory marks, store. */
export interface Sends {
  readonly limit: WindowLimit
  /** Rejects only for faults of ours. */
  send(ask: SendAsk): Promise<Sent>
}

/**
 * Creates them.
 *
 * @param reached - Sources of a workspace whose customers can be reached; default none.
 */
export const createSends = (
  conversations: Pick<Conversations, 'send'>,
  rate: MessageRate,
  events: SendEvents = {},
  reached: (workspace: string) => readonly Source[] = () => [],
): Sends => ({
  limit: rate.limit,
  async send({ userId, scope: scopeOf, ...ask }) {
    const allowance = rate.take(userId, ask.at)
    if (allowance.outcome !== 'granted') {
      events.limited?.(userId, allowance.outcome)
      return allowance
    }
    const content = storableText(ask.content)
    const { marks, spamScore } = contentVerdict(content)
    try {
      const scope = await scopeOf()
      if (scope === undefined) return { outcome: 'not_found' }
      const workspace = scope.workspace.id
      const sent = await conversations.send({ workspace, author: userId, marks, outbound: reached(workspace), ...ask, content })
      if (sent.outcome === 'stored' && marks.length > 0) events.marked?.(userId, sent.message, spamScore)
      if (sent.outcome === 'stored' && sent.event.change.type === 'message.created' && sent.event.change.queued === true) {
        events.queued?.({ workspace, source: sent.event.change.conversation.source })
      }
      return sent
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      events.failed?.(error)
      return { outcome: 'not_stored' }
    }
  },
})
