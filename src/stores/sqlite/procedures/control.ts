import type { ControlChange } from '../../../admission/control.js'
import type { Database } from '../database.js'
import { takeNumber } from './counter.js'

const nullForUndefined = (_key: string, value: unknown): unknown => (value === undefined ? null : value)

/**
 * Appends to the control log, in the transaction of the change itself.
 *
 * @param at - Epoch milliseconds.
 */
export const appendControl = (db: Database, change: ControlChange, at: number): void => {
  const { kind, ...rest } = change
  db.run('insert into control_log (seq, kind, payload, at_ms) values (?, ?, ?, ?)', [
    takeNumber(db, 'control'),
    kind,
    JSON.stringify(rest, nullForUndefined),
    at,
  ])
}

export const userChanged = (db: Database, { userId, at }: { readonly userId: string; readonly at: number }): void => {
  appendControl(db, { kind: 'user_changed', userId }, at)
}
