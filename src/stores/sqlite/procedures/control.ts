import type { Ban } from '../../../admission/ban.js'
import type { ControlChange, SessionsEnd } from '../../../admission/control.js'
import type { Database } from '../database.js'
import { takeNumber, takeNumbers } from './counter.js'

const nullForUndefined = (_key: string, value: unknown): unknown => (value === undefined ? null : value)

const payloadOf = ({ kind: _kind, ...rest }: ControlChange): string => JSON.stringify(rest, nullForUndefined)

/**
 * Appends to the control log, in the transaction of the change itself.
 *
 * @param at - Epoch milliseconds.
 */
export const appendControl = (db: Database, change: ControlChange, at: number): void => {
  db.run('insert into control_log (seq, kind, payload, at_ms) values (?, ?, ?, ?)', [takeNumber(db, 'control'), change.kind, payloadOf(change), at])
}

/** Appends what was banned by one statement, in this order. */
export const appendBans = (db: Database, bans: readonly Ban[]): void => {
  if (bans.length === 0) return
  db.run(`insert into control_log (seq, kind, payload, at_ms) select ? + key, 'ban_added', value ->> 0, value ->> 1 from json_each(?)`, [
    takeNumbers(db, 'control', bans.length),
    JSON.stringify(bans.map((ban) => [payloadOf({ kind: 'ban_added', ban }), ban.createdAt])),
  ])
}

export const userChanged = (db: Database, { userId, at }: { readonly userId: string; readonly at: number }): void => {
  appendControl(db, { kind: 'user_changed', userId }, at)
}

export const endSessions = (db: Database, end: SessionsEnd): void => {
  // Who asked for an answer has it by now, or asks no more.
  db.run('delete from control_answers where at_ms < ?', [end.endedAt - answersKeptMs])
  appendControl(db, { kind: 'sessions_ended', end }, end.endedAt)
}

const answersKeptMs = 60_000
