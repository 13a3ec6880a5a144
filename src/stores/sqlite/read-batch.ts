import type { Connection } from './database.js'
import { searchList } from './list-search.js'
import type { Answer, ReadAsk, SearchAsk } from './messages.js'
import { failureOf } from './sqlite-failure.js'

const answer = (db: Connection, ask: ReadAsk): Answer => {
  const first = db.all(ask.sql, ask.params)
  if (ask.more === undefined) return { value: first }
  return { value: [first, ...ask.more.map((query) => db.all(query.sql, query.params))] }
}

const answerSearch = (db: Connection, { search, reads, forMs, deadline }: SearchAsk, now: () => number): Answer => {
  const until = Math.min(deadline, now() + forMs)
  const found = searchList(db, search, () => now() > until)
  if (found === undefined) return { failure: { kind: 'given_up', afterMs: forMs } }
  const ids = JSON.stringify(found.ids)
  return { value: { total: found.total, rows: reads.map(({ sql, params }) => db.all(sql, { ...params, ids })) } }
}

/** Answers a batch of reads in one snapshot; one that fails leaves the others alone. */
export const readBatch = (db: Connection, asks: readonly (ReadAsk | SearchAsk)[], now: () => number): readonly Answer[] => {
  const [first] = asks
  // One transaction takes the read lock once instead of once per statement.
  const together = asks.length > 1 || (first !== undefined && ('search' in first || first.more !== undefined))
  try {
    if (together) db.exec('begin')
    return asks.map((ask) => {
      if (ask.deadline <= now()) return { failure: { kind: 'late' } }
      try {
        return 'search' in ask ? answerSearch(db, ask, now) : answer(db, ask)
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
