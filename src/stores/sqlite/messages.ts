import type { ListSearch } from './list-search.js'
import type { NamedQuery, Query, SqlParams } from './sql-value.js'

/** What a worker is born with. */
export interface WorkerSetup {
  readonly role: 'writer' | 'reader'
  readonly path: string
  /** Whether every other thread goes before it, where the system can tell threads apart. */
  readonly lowPriority: boolean
  /** How long SQLite waits for another process's write lock before it answers `SQLITE_BUSY`. */
  readonly busyTimeoutMs: number
  /** Address of the module that exports the table `procedures`; only the writer loads it. */
  readonly procedures: string
}

/** One statement, or with `more` several in one snapshot. */
export interface ReadAsk {
  /** Epoch milliseconds; an ask whose turn comes later is not begun. */
  readonly deadline: number
  readonly sql: string
  readonly params: SqlParams
  readonly more?: readonly Query[]
  /** Whose turn it takes; those who name nobody share one. */
  readonly asker?: string
}

/** A search and what is read of the rows it finds, in one snapshot. */
export interface SearchAsk {
  readonly deadline: number
  /** Milliseconds it may take once it is its turn. */
  readonly forMs: number
  readonly search: ListSearch
  /** Takes `:ids` besides, a JSON list of what was found. */
  readonly reads: readonly NamedQuery[]
  readonly asker?: string
}

/** One procedure in a savepoint of its own. */
export interface WriteAsk {
  readonly deadline: number
  readonly name: string
  readonly args: unknown
}

/** Why one ask failed: in SQLite, in a procedure, because its turn came too late, or because it took too long. */
export type Failure =
  | { readonly kind: 'sqlite'; readonly code: string; readonly message: string }
  | { readonly kind: 'fault'; readonly message: string }
  | { readonly kind: 'late' }
  | { readonly kind: 'given_up'; readonly afterMs: number }

export type Answer = { readonly value: unknown; readonly failure?: never } | { readonly failure: Failure }

/** Why a connection could not be opened. */
export type OpenFailure =
  | { readonly kind: 'sqlite'; readonly code: string; readonly message: string }
  | { readonly kind: 'fault'; readonly message: string }
  | { readonly kind: 'newer'; readonly found: number; readonly known: number }
  /** It has tables, and none of them is our list of migrations. */
  | { readonly kind: 'foreign' }
  /** The list of migrations has no row of a version below its newest. */
  | { readonly kind: 'gap'; readonly missing: number }

/** What a worker says. Answers of readers are JSON, which is cheaper for the main thread than a structured clone. */
export type WorkerMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly failure: OpenFailure }
  | { readonly type: 'answers'; readonly answers: readonly Answer[] }
  | { readonly type: 'json'; readonly json: string }

/** What a worker is told: a batch, or to let go of the file. */
export type WorkerOrder =
  | { readonly type: 'read'; readonly asks: readonly (ReadAsk | SearchAsk)[] }
  | { readonly type: 'write'; readonly asks: readonly WriteAsk[] }
  | { readonly type: 'close' }
