import type { DeliveryFailure } from './delivery-failure.js'
import type { Conversation, Customer, Feedback, Message } from './records.js'

/** A place in the log of a workspace. */
export interface LogPosition {
  /** Offsets of another epoch mean nothing. */
  readonly epoch: string
  /** Offset of the newest event, 0 when there is none. */
  readonly offset: number
}

/** What an event says; values are absolute, so the newest of a kind is enough. */
export type WorkspaceChange =
  | {
      readonly type: 'message.created'
      readonly message: Message
      readonly conversation: Conversation
      /** Whether it is on its way to the customer. */
      readonly queued?: boolean
    }
  /** What became of a message on its way to the customer. */
  | { readonly type: 'message.delivery'; readonly message: string; readonly conversation: string; readonly failure: DeliveryFailure | null }
  | { readonly type: 'message.feedback'; readonly message: string; readonly conversation: string; readonly feedback: Feedback }
  | { readonly type: 'conversation.changed'; readonly conversation: Conversation; readonly lastMessage: Message | undefined }
  | {
      readonly type: 'conversation.answered'
      readonly conversation: Conversation
      readonly lastMessage: Message | undefined
      readonly upTo: number
      readonly by: string
    }
  | { readonly type: 'conversation.read'; readonly conversation: string; readonly userId: string; readonly upTo: number; readonly readCount: number }
  | { readonly type: 'conversation.deleted'; readonly conversation: string; readonly by: string }
  | { readonly type: 'customer.changed'; readonly customer: Customer }
  /** Nothing behind it in the log is that user's to see. */
  | { readonly type: 'member.removed'; readonly userId: string }
  /** With all his conversations. */
  | { readonly type: 'customer.deleted'; readonly customer: number; readonly conversations: readonly string[]; readonly by: string }

/** One durable change of a workspace; the log is gapless and in commit order. */
export interface WorkspaceEvent {
  readonly workspace: string
  readonly offset: number
  /** Epoch milliseconds. */
  readonly at: number
  readonly change: WorkspaceChange
}

/** Ids of the conversations a change has taken away. */
export const deletedBy = (change: WorkspaceChange): readonly string[] => {
  if (change.type === 'conversation.deleted') return [change.conversation]
  return change.type === 'customer.deleted' ? change.conversations : []
}
