import type { Database } from '../database.js'

/** Takes the next number of a counter; it is given back when the procedure fails, so that none is skipped. */
export const takeNumber = (db: Database, name: 'control' | 'user'): number => {
  const row = db.get<{ value: number }>('update counters set value = value + 1 where name = ? returning value', [name])
  if (row === undefined) throw new Error(`There is no counter ${name}`)
  return row.value
}
