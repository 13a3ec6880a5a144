import type { Connection } from './database.js'
import type { Answer, ReadAsk } from './messages.js'
import { failureOf } from './sqlite-failure.js'

const answer = (db: Connection, ask: ReadAsk): Answer => {
  const first = db.all(ask.sql, ask.params)
  if (ask.more === undefined) return { value: first }
  return { value: [first, ...ask.more.map((query) => db.all(query.sql, query.params))] }
}

/** Answers a batch of reads in one snapshot; one that fails leaves the others alone. */
export const readBatch = (db: Connection, asks: readonly ReadAsk[], now: () => number): readonly Answer[] => {
  // One transaction takes the read lock once instead of once per statement.
  const together = asks.length > 1 || asks[0]?.more !== undefined
  try {
    if (together) db.exec('begin')
    return asks.map((ask) => {
      if (ask.deadline <= now()) return { failure: { kind: 'late' } }
      try {
        return answer(db, ask)
      } catch (caught) {
        return { failure: failureOf(caught) }
      }
    })
  } catch (caught) {
    return asks.map(() => ({ failure: failureOf(caught) }))
  } finally {
    if (db.inTransaction) db.exec('commit')
  }
}
