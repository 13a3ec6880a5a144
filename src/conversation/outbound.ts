import type { DeliveryFailure } from './delivery-failure.js'
import type { WorkspaceEvent } from './log.js'
import type { Customer, Message, Source } from './records.js'

/** The messages that go out from one workspace to customers of one source. */
export interface OutboundLane {
  readonly workspace: string
  readonly source: Source
}

/** A message whose turn it is to be brought to its customer. */
export interface Outgoing {
  readonly message: Message
  readonly customer: Customer
  /** How often it was tried, this time included. */
  readonly attempts: number
  /** Epoch milliseconds. */
  readonly queuedAt: number
}

export interface ClaimAsk extends OutboundLane {
  /** 1 or more. */
  readonly limit: number
  /** Epoch milliseconds. */
  readonly at: number
  /** Until when nobody else tries them; whoever dies meanwhile leaves them due again then. Epoch milliseconds. */
  readonly until: number
  /** What is due later than this was put off by a clock that was ahead, and is due now. Epoch milliseconds. */
  readonly latest: number
}

export interface Claimed {
  readonly outgoing: readonly Outgoing[]
  /** When the next message of this lane is due, epoch milliseconds; `undefined` when none waits. */
  readonly nextDueAt: number | undefined
}

/** What became of one try. */
export type DeliveryResult =
  | { readonly outcome: 'delivered' }
  | { readonly outcome: 'failed'; readonly reason: DeliveryFailure }
  /** It is tried again. */
  | { readonly outcome: 'postponed'; /** Epoch milliseconds. */ readonly dueAt: number }

export interface SettleAsk {
  readonly workspace: string
  /** Id of the message. */
  readonly message: string
  /** Of the claim this is about. A message that somebody else has claimed since is only settled by its delivery. */
  readonly attempts: number
  readonly result: DeliveryResult
  /** Epoch milliseconds. */
  readonly at: number
}

/** What waits in the queue. */
export interface OutboundState {
  /** Those with messages in the queue, with the time at which the first of each is due. */
  readonly lanes: readonly (OutboundLane & { readonly dueAt: number })[]
  readonly queued: number
  /** When the oldest message was queued, epoch milliseconds. */
  readonly oldestAt: number | undefined
}

/**
 * The queue of messages on their way to customers. `send` puts a message into it in the transaction that stores it.
 *
 * Of one conversation only the oldest message is ever due, so that they arrive in their order.
 */
export interface Outbound {
  /** Takes messages that are due, oldest due first, and counts a try for each. */
  claim(ask: ClaimAsk): Promise<Claimed>
  /**
   * Says what became of a claimed message. One that is delivered or failed leaves the queue and the next of its conversation is due.
   *
   * @returns The event that was appended in the same transaction; `undefined` when the message stays, or was not there any more.
   */
  settle(ask: SettleAsk): Promise<WorkspaceEvent | undefined>
  state(): Promise<OutboundState>
}
