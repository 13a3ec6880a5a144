import type { ImportedConversation, ImportedCustomer, ImportedMember, ImportedMessage } from './workspace-import.js'

export const importStages = ['users', 'tags', 'customers', 'conversations', 'messages'] as const
/** What is taken in, in this order, for one old user after the other. */
export type ImportStage = (typeof importStages)[number]

/** How far an import has come: everything up to and including the row `key` of `stage` of this user. */
export interface ImportPlace {
  /** Id of the old user, and of his workspace. */
  readonly user: number
  readonly stage: ImportStage
  /** Where the next batch goes on, in the words of the source. */
  readonly key: readonly string[]
}

/** An old user, who becomes the owner of a workspace with his own number. */
export interface UserRow extends ImportedMember {
  /** Epoch milliseconds, `undefined` when the source does not know. */
  readonly createdAt: number | undefined
}

export interface TagRow {
  readonly name: string
  readonly createdAt: number | undefined
  readonly createdBy: string | undefined
}

export interface CustomerRow extends ImportedCustomer {
  /** Number of the customer in the source; the same in each workspace he belongs to. */
  readonly oldId: number
}

export interface ConversationRow extends Omit<ImportedConversation, 'customer' | 'messages'> {
  /** `oldId` of its customer. */
  readonly oldCustomer: number
}

export interface MessageRow extends ImportedMessage {
  readonly conversation: string
}

/** Rows of one stage of one user. Messages come conversation by conversation, in their order. */
export type ImportRows =
  | { readonly stage: 'users'; readonly rows: readonly UserRow[] }
  | { readonly stage: 'tags'; readonly rows: readonly TagRow[] }
  | { readonly stage: 'customers'; readonly rows: readonly CustomerRow[] }
  | { readonly stage: 'conversations'; readonly rows: readonly ConversationRow[] }
  | { readonly stage: 'messages'; readonly rows: readonly MessageRow[] }

export type ImportBatch = ImportRows & { readonly place: ImportPlace }

/** Rows in all, as far as they are known before they are read. */
export type ImportTotals = Readonly<Record<Exclude<ImportStage, 'tags'>, number>>

/** Where rows come from. */
export interface ImportSource {
  /** Names the source and how it is read: an import goes on only with the same. */
  readonly identity: string
  totals(): Promise<ImportTotals>
  /** Everything after `place`, in the same order each time. */
  batches(place: ImportPlace | undefined): AsyncIterable<ImportBatch>
}

export interface ImportState {
  readonly identity: string
  readonly place: ImportPlace | undefined
  /** How many rows have been taken in. */
  readonly rows: number
  readonly finished: boolean
}

export type TakeOutcome =
  | { readonly outcome: 'taken' }
  /** Another process has taken this batch in the meantime. */
  | { readonly outcome: 'overtaken' }
  /** The customer of a conversation is newer than the customers that were read. */
  | { readonly outcome: 'orphan'; readonly id: string }
  /** Something else is there under this name, another row of the import or not; nothing of the batch was stored. */
  | {
      readonly outcome: 'occupied'
      readonly stage: ImportStage
      readonly id: string
      readonly field: 'id' | 'email' | 'username' | 'workspace' | 'source_id'
      readonly by: 'import' | 'other'
    }

/** A row of the target as it is compared with its source; plain JSON values. */
export type ComparedRow = readonly unknown[]

/** Takes rows in, each batch with its place in one transaction. */
export interface RowImports {
  /** `undefined` before the first import. */
  state(): Promise<ImportState | undefined>
  /** @param at - Epoch milliseconds; stands for times the source does not know. */
  take(ask: { readonly identity: string; readonly after: ImportPlace | undefined; readonly batch: ImportBatch; readonly at: number }): Promise<TakeOutcome>
  finish(identity: string): Promise<void>
  /** What the imported workspaces hold, a bounded number of rows at a time. */
  held(stage: ImportStage): AsyncIterable<readonly ComparedRow[]>
}
