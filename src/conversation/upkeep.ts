import type { WorkspaceEvent } from './log.js'
import type { Customer } from './records.js'

/** What a change of a customer may name: `undefined` leaves it, `null` takes it away. */
export interface CustomerFields {
  /** At most 100 characters. */
  readonly firstName?: string | null | undefined
  /** At most 100 characters. */
  readonly lastName?: string | null | undefined
  /** At most 100 characters. */
  readonly username?: string | null | undefined
  /** At most 250 characters. */
  readonly email?: string | null | undefined
  /** At most 100 characters. */
  readonly phoneNumber?: string | null | undefined
  /** At most 1,000 characters. */
  readonly description?: string | null | undefined
}

/** A change that its store writes down in its audit log, if it keeps one, in the transaction of the change. */
export interface Audited {
  /** Client address from which it was asked; `undefined` when the change is not to be written down. */
  readonly auditedFrom?: string | undefined
}

export interface CustomerUpdateAsk extends CustomerFields, Audited {
  readonly workspace: string
  readonly customer: number
  /** Names of 1 to 100 characters; they replace all tags but those that connectors set, and one that is new to the workspace is made. */
  readonly tags?: readonly string[] | undefined
  readonly by: string
  /** Epoch milliseconds. */
  readonly at: number
}

export type CustomerChanged =
  | { readonly outcome: 'changed'; readonly customer: Customer; readonly event: WorkspaceEvent }
  /** He was so already; nothing was appended. */
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'not_found' }

export interface ConversationDeleteAsk extends Audited {
  readonly workspace: string
  readonly conversation: string
  readonly by: string
  /** Epoch milliseconds. */
  readonly at: number
}

export interface CustomerDeleteAsk extends Audited {
  readonly workspace: string
  readonly customer: number
  readonly by: string
  /** Epoch milliseconds. */
  readonly at: number
}

export type Deleted = { readonly outcome: 'deleted'; readonly event: WorkspaceEvent } | { readonly outcome: 'not_found' }

/** Keeps records right: what is changed by hand, and what is taken away. Each change appends its event in the same transaction. */
export interface Upkeep {
  updateCustomer(ask: CustomerUpdateAsk): Promise<CustomerChanged>
  /** Deletes a conversation with its messages and read marks. */
  deleteConversation(ask: ConversationDeleteAsk): Promise<Deleted>
  /** Deletes a customer with all his conversations. */
  deleteCustomer(ask: CustomerDeleteAsk): Promise<Deleted>
}
