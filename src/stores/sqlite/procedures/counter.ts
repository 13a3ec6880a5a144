import type { Database } from '../database.js'

/** Takes the next number of a counter; it is given back when the procedure fails, so that none is skipped. */
export const takeNumber = (db: Database, name: 'control' | 'user'): number => takeNumbers(db, name, 1)

/** Takes the next `count` numbers at once, and returns the first of them. */
export const takeNumbers = (db: Database, name: 'control' | 'user', count: number): number => {
  const row = db.get<{ value: number }>('update counters set value = value + ? where name = ? returning value', [count, name])
  if (row === undefined) throw new Error(`There is no counter ${name}`)
  return row.value - count + 1
}
