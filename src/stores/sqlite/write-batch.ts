import type { Connection, Database } from './database.js'
import type { Answer, WriteAsk } from './messages.js'
import { failureOf } from './sqlite-failure.js'

/** A named piece of work in the writer: synchronous, all or nothing, in a savepoint of its own. */
export type Procedure = (db: Database, args: never) => unknown

export type ProcedureTable = Readonly<Record<string, Procedure>>

/** The whole transaction is given up, by SQLite as when the disk is full, or because it was one procedure's alone: nothing of it is stored. */
class BatchLost extends Error {
  readonly why: unknown

  constructor(why: unknown) {
    super('The transaction was rolled back')
    this.why = why
  }
}

const perform = (db: Connection, procedures: ProcedureTable, ask: WriteAsk, alone: boolean): Answer => {
  const procedure = Object.hasOwn(procedures, ask.name) ? procedures[ask.name] : undefined
  if (procedure === undefined) return { failure: { kind: 'fault', message: `There is no procedure ${ask.name}` } }
  // Alone it has the transaction for its savepoint.
  if (!alone) db.run('savepoint procedure')
  try {
    // `write` in engine.ts takes the arguments by the type of this very procedure.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- write in engine.ts types the arguments
    const value = procedure(db, ask.args as never)
    if (value instanceof Promise) throw new TypeError(`The procedure ${ask.name} is asynchronous, which would outlive its transaction`)
    if (!alone) db.run('release procedure')
    return { value }
  } catch (caught) {
    if (alone || !db.inTransaction) throw new BatchLost(caught)
    db.run('rollback to procedure')
    db.run('release procedure')
    return { failure: failureOf(caught) }
  }
}

/**
 * Performs a batch of procedures and commits them together (group commit); one that fails leaves its neighbours alone.
 *
 * An answer without a failure means that the row is on the disk: this returns only after the commit.
 */
export const writeBatch = (db: Connection, procedures: ProcedureTable, asks: readonly WriteAsk[], now: () => number): readonly Answer[] => {
  try {
    db.run('begin immediate')
    // Asked after the lock is ours: waiting for it may have taken as long as the caller wanted to wait.
    const answers = asks.map((ask): Answer => (ask.deadline <= now() ? { failure: { kind: 'late' } } : perform(db, procedures, ask, asks.length === 1)))
    db.run('commit')
    return answers
  } catch (caught) {
    if (db.inTransaction) db.exec('rollback')
    const failure = failureOf(caught instanceof BatchLost ? caught.why : caught)
    return asks.map(() => ({ failure }))
  }
}
