import type { ConversationRow } from './lists.js'
import type { WorkspaceEvent } from './log.js'
import type { ConversationStatus, FeedbackValue, Message } from './records.js'
import type { Audited } from './upkeep.js'

export interface ReadAsk {
  readonly workspace: string
  readonly conversation: string
  readonly userId: string
  /** `seq` up to which the user has read. */
  readonly upTo: number
  readonly at: number
}

export interface FeedbackAsk {
  readonly workspace: string
  /** When given, the message must lie in it. */
  readonly conversation: string | undefined
  readonly message: string
  readonly userId: string
  readonly value: FeedbackValue
  /** At most 500 characters. */
  readonly comment: string
  readonly at: number
}

export type FeedbackResult =
  | { readonly outcome: 'stored'; readonly message: Message; readonly event: WorkspaceEvent }
  | { readonly outcome: 'not_ai' }
  | { readonly outcome: 'not_found' }

export interface UpdateAsk extends Audited {
  readonly workspace: string
  readonly conversation: string
  readonly status?: ConversationStatus | undefined
  readonly priority?: number | undefined
  /** `undefined` leaves it; `null` takes it away. */
  readonly assignee?: string | null | undefined
  /** What the customer of the conversation wears from then on, as `CustomerUpdateAsk` takes it; all his conversations show it. */
  readonly tags?: readonly string[] | undefined
  readonly by: string
  readonly at: number
}

export type Changed =
  | { readonly outcome: 'changed'; readonly row: Omit<ConversationRow, 'readCount'>; readonly event: WorkspaceEvent }
  /** It was so already; nothing was appended. */
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'not_found' }

/** What a change of a conversation did, and of its customer's tags where they were named. */
export type Updated =
  | (Exclude<Changed, { readonly outcome: 'not_found' }> & {
      /** The change of the tags; before that of the conversation in the log. */
      readonly tagged?: WorkspaceEvent | undefined
    })
  | { readonly outcome: 'not_found' }
  /** The workspace has no active member of this id, and the conversation was not his already. */
  | { readonly outcome: 'no_assignee' }
