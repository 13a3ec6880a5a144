import { positiveInteger } from '../../admission/argument.js'
import { prepareFile } from './database-file.js'
import { createLane, type Lane } from './lane.js'
import type { ListSearch } from './list-search.js'
import type { ReadAsk, SearchAsk, WorkerSetup, WriteAsk } from './messages.js'
import { notOpenedByWorker } from './open-error.js'
import type { Procedures } from './procedures.js'
import type { NamedQuery, Query, SqlParams } from './sql-value.js'
import type { ProcedureTable } from './write-batch.js'

/** `admission` is for single rows by key and has a worker of its own, as has `search`, one question at a time; everything else goes to `lists`. */
export type ReadLane = 'admission' | 'lists' | 'search'

export interface EngineOptions {
  /** File of the database, made when there is none; `:temporary:` for one that is gone after `close`. */
  readonly path: string
  /** Reader workers beside the one for `search`: one for `admission`, the others for `lists`. Default 2, range 2 to 16. */
  readonly readers?: number
  /** Milliseconds a call without a deadline of its own may take. Default 2000. */
  readonly deadlineMs?: number
  /** Milliseconds SQLite waits for another process's write lock. Default half of `deadlineMs`. */
  readonly busyTimeoutMs?: number
  /** Milliseconds one search may take before it is given up, so that it holds up others no longer. Default 1000. */
  readonly searchMs?: number
  /** Calls under way per lane; one more is refused. Default 20000. */
  readonly maxPending?: number
  /** Milliseconds `close` waits for a worker that is deep in a statement: nobody can interrupt it. Default 5000. */
  readonly closeWaitMs?: number
}

type ArgsOf<P> = P extends (db: never, args: infer A) => unknown ? A : never
type ResultOf<P> = P extends (...rest: never) => infer R ? R : never

/**
 * A SQLite file behind worker threads: one writer, and readers in lanes.
 *
 * Every method rejects with `StoreUnavailable` when there is no answer before the deadline (the worker may still finish later), when the
 * worker dies, when disk, file or lock fail, when too many calls are under way, and after `close`; with `SqliteFailure` or `ProcedureFailed`
 * when SQL or a procedure is at fault. A call costs the main thread about 2 µs, and a row it reads about 1 µs.
 */
export interface Engine<P extends ProcedureTable> {
  /** Absolute path of the file. */
  readonly path: string
  /**
   * Reads the rows of one statement. What a resolved `write` stored is seen.
   *
   * @param sql - A constant: statements are kept prepared by their text. Lists carry their own `limit`.
   * @param deadline - Epoch milliseconds, default now + `deadlineMs`. A call whose turn comes later is not begun.
   */
  read<Row>(lane: ReadLane, sql: string, params?: SqlParams, deadline?: number): Promise<readonly Row[]>
  /**
   * Reads several statements in one snapshot, as `snapshot<[ConversationRow, TagRow]>('lists', [page, tags])`.
   *
   * @param asker - Whose turn it takes: where many wait, each asker is served once a round.
   */
  snapshot<Rows extends readonly [unknown, ...unknown[]]>(
    lane: ReadLane,
    queries: { readonly [I in keyof Rows]: Query },
    deadline?: number,
    asker?: string,
  ): Promise<{ readonly [I in keyof Rows]: readonly Rows[I][] }>
  /**
   * Goes through a list in the lane `search` until there are enough matches, and reads of what it found, in one snapshot.
   *
   * Rejects with `StoreUnavailable` when that takes longer than `searchMs`, a step of some milliseconds more or less.
   *
   * @param reads - Statements that take `:ids` besides, a JSON list.
   */
  search<Rows extends readonly unknown[]>(
    search: ListSearch,
    reads: { readonly [I in keyof Rows]: NamedQuery },
    deadline?: number,
    asker?: string,
  ): Promise<{ readonly total: number; readonly rows: { readonly [I in keyof Rows]: readonly Rows[I][] } }>
  /**
   * Performs a procedure of `procedures.ts` in the writer. It is atomic, and on the disk when the promise resolves.
   *
   * @param args - Plain data: it crosses threads by structured clone, as does the result.
   * @param deadline - Epoch milliseconds, default now + `deadlineMs`. After a rejection the write may still have happened.
   */
  write<N extends keyof P & string>(name: N, args: ArgsOf<P[N]>, deadline?: number): Promise<ResultOf<P[N]>>
  /** Finishes what is under way, checkpoints, and ends the workers. A second call waits for the first. */
  close(): Promise<void>
}

export type SqliteEngine = Engine<Procedures>

const rangeOf = (readers: number): number => {
  positiveInteger('a SQLite engine', 'readers', readers)
  if (readers < 2 || readers > 16) {
    throw new RangeError(`Cannot create a SQLite engine as "readers" must be in the range 2 to 16: current value is ${readers}`)
  }
  return readers
}

/** `openSqlite` with a table of procedures of the caller's: `procedures` is the address of a module that exports it under that name. */
export const openEngine = async <P extends ProcedureTable>(options: EngineOptions, procedures: URL): Promise<Engine<P>> => {
  if (typeof options.path !== 'string' || options.path === '') {
    throw new TypeError('Cannot create a SQLite engine as "path" must be the path of a file')
  }
  const readers = rangeOf(options.readers ?? 2)
  const deadlineMs = positiveInteger('a SQLite engine', 'deadlineMs', options.deadlineMs ?? 2_000)
  const busyTimeoutMs = positiveInteger('a SQLite engine', 'busyTimeoutMs', options.busyTimeoutMs ?? Math.ceil(deadlineMs / 2))
  const searchMs = positiveInteger('a SQLite engine', 'searchMs', options.searchMs ?? 1_000)
  const maxPending = positiveInteger('a SQLite engine', 'maxPending', options.maxPending ?? 20_000)
  const closeWaitMs = positiveInteger('a SQLite engine', 'closeWaitMs', options.closeWaitMs ?? 5_000)
  const file = await prepareFile(options.path)

  const setup = (role: WorkerSetup['role'], lowPriority = false): WorkerSetup => ({ role, path: file.path, lowPriority, busyTimeoutMs, procedures: procedures.href })
  const readLane = <Ask extends ReadAsk | SearchAsk>(workers: number, maxBatch: number, lowPriority = false): Lane<Ask> =>
    createLane({ setup: setup('reader', lowPriority), workers, maxBatch, maxPending, closeWaitMs, order: (asks) => ({ type: 'read', asks }) })

  // The writer first: it makes the file what readers expect. One batch of it is one commit, so it may be large.
  const writer = createLane<WriteAsk>({
    setup: setup('writer'),
    workers: 1,
    maxBatch: 512,
    maxPending,
    closeWaitMs,
    order: (asks) => ({ type: 'write', asks }),
  })
  const writerFailure = await writer.opened
  if (writerFailure !== undefined) {
    await file.release()
    throw notOpenedByWorker(file.path, writerFailure)
  }
  // A search is the one call that may take a whole processor for long; users wait for pages of lists, and those are short.
  const searches = readLane<ReadAsk | SearchAsk>(1, 1, true)
  const lanes: Readonly<Record<ReadLane, Lane<ReadAsk>>> = { admission: readLane(1, 256), lists: readLane(readers - 1, 4), search: searches }

  const end = async (): Promise<void> => {
    writer.stop()
    await Promise.all([lanes.admission.close(), lanes.lists.close(), lanes.search.close()])
    // Last, because a checkpoint can empty the log only when nobody reads.
    await writer.close()
    await file.release()
  }
  const readerFailure = (await lanes.admission.opened) ?? (await lanes.lists.opened) ?? (await lanes.search.opened)
  if (readerFailure !== undefined) {
    await end()
    throw notOpenedByWorker(file.path, readerFailure)
  }

  let ending: Promise<void> | undefined
  const dueAt = (deadline: number | undefined): number => deadline ?? Date.now() + deadlineMs

  // Rows and results come from our own SQL and procedures; their types are the callers' word, checked by strict tables and by `Procedures`.
  /* oxlint-disable typescript/no-unsafe-type-assertion -- rows and results are typed by their callers, see above */
  return {
    path: file.path,
    // Not async: a promise around a promise would cost as much as the call itself.
    read: <Row>(lane: ReadLane, sql: string, params: SqlParams = [], deadline?: number) =>
      lanes[lane].call({ deadline: dueAt(deadline), sql, params }) as Promise<readonly Row[]>,
    snapshot: async <Rows extends readonly [unknown, ...unknown[]]>(
      lane: ReadLane,
      queries: { readonly [I in keyof Rows]: Query },
      deadline?: number,
      asker?: string,
    ) => {
      const [first, ...more] = queries as readonly Query[]
      if (first === undefined) throw new TypeError('Cannot read a snapshot of no queries')
      const rows = await lanes[lane].call({ deadline: dueAt(deadline), sql: first.sql, params: first.params, more, ...(asker === undefined ? {} : { asker }) })
      return rows as { readonly [I in keyof Rows]: readonly Rows[I][] }
    },
    search: async <Rows extends readonly unknown[]>(
      search: ListSearch,
      reads: { readonly [I in keyof Rows]: NamedQuery },
      deadline?: number,
      asker?: string,
    ) => {
      const ask = { deadline: dueAt(deadline), forMs: searchMs, search, reads: reads as readonly NamedQuery[] }
      const found = await searches.call(asker === undefined ? ask : { ...ask, asker })
      return found as { readonly total: number; readonly rows: { readonly [I in keyof Rows]: readonly Rows[I][] } }
    },
    write: <N extends keyof P & string>(name: N, args: ArgsOf<P[N]>, deadline?: number) =>
      writer.call({ deadline: dueAt(deadline), name, args }) as Promise<ResultOf<P[N]>>,
    close: () => (ending ??= end()),
  }
  /* oxlint-enable typescript/no-unsafe-type-assertion */
}

/**
 * Opens the database of a server, a command or a test.
 *
 * The schema is brought up to date by `migrate`, never by opening. Several processes may open one file at once.
 *
 * @throws TypeError, RangeError for options out of range; DatabaseNotOpened when the file cannot be opened or was made by a newer program.
 * @example
 * const engine = await openSqlite({ path: '.sallyport/sallyport.db' })
 * await migrate(engine)
 * const users = await engine.read<{ id: string }>('admission', 'select id from users where email = ?', ['ada@example.org'])
 */
export const openSqlite = (options: EngineOptions): Promise<SqliteEngine> =>
  openEngine<Procedures>(options, new URL('./procedures.js', import.meta.url))
