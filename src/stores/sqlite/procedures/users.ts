import type { WorkspaceEvent } from '../../../conversation/log.js'
import type { Database } from '../database.js'
import { type OperatorRole, selectUser, type StoredUser, userFromRow, type UserRow } from '../user-row.js'
import { audit } from './audit.js'
import { appendToLog } from './conversations-log.js'
import { appendControl } from './control.js'
import { takeNumber } from './counter.js'

export interface NewUser {
  /** Default the next free number. */
  readonly id?: string
  /** Compared without regard to the case of ASCII letters. */
  readonly email: string
  readonly username?: string
  readonly firstName?: string
  readonly lastName?: string
  /** Default `true`. */
  readonly active?: boolean
  /** Default `none`. */
  readonly operator?: OperatorRole
  /** Makes the user a member of the oldest workspace, which is made when there is none; left out, of no workspace. */
  readonly role?: 'owner' | 'admin' | 'agent'
}

export type UserAdded =
  | { readonly added: true; readonly user: StoredUser }
  | { readonly added: false; readonly taken: 'id' | 'email' | 'username' }

interface By {
  readonly actor: string
  /** From where the actor asked; `undefined` for who asked over no connection. */
  readonly actorAddress?: string | undefined
  /** Epoch milliseconds. */
  readonly at: number
}

const find = (db: Database, id: string): StoredUser | undefined => {
  const row = db.get<UserRow>(`${selectUser} where u.id = ?`, [id])
  return row === undefined ? undefined : userFromRow(row)
}

const isTaken = (db: Database, id: string): boolean => db.get('select 1 from users where id = ?', [id]) !== undefined

const nextId = (db: Database): string => {
  // Imports bring numbers of their own, so the counter may meet them.
  for (;;) {
    const id = String(takeNumber(db, 'user'))
    if (!isTaken(db, id)) return id
  }
}

const takenBy = (db: Database, user: NewUser): 'id' | 'email' | 'username' | undefined => {
  if (user.id !== undefined && isTaken(db, user.id)) return 'id'
  if (db.get('select 1 from users where email = ?', [user.email]) !== undefined) return 'email'
  if (user.username !== undefined && db.get('select 1 from users where username = ?', [user.username]) !== undefined) return 'username'
  return undefined
}

const changed = (db: Database, action: string, by: By, before: StoredUser | undefined, after: StoredUser): StoredUser => {
  appendControl(db, { kind: 'user_changed', userId: after.id }, by.at)
  audit(db, { at: by.at, actor: by.actor, address: by.actorAddress, action, subject: `user:${after.id}`, before, after })
  return after
}

export const addUser = (db: Database, { user, ...by }: By & { readonly user: NewUser }): UserAdded => {
  const taken = takenBy(db, user)
  if (taken !== undefined) return { added: false, taken }
  const id = user.id ?? nextId(db)
  db.run(
    `insert into users (id, email, username, first_name, last_name, active, operator, created_at, updated_at)
     values (:id, :email, :username, :firstName, :lastName, :active, :operator, :at, :at)`,
    {
      id,
      email: user.email,
      username: user.username ?? null,
      firstName: user.firstName ?? null,
      lastName: user.lastName ?? null,
      active: user.active === false ? 0 : 1,
      operator: user.operator ?? 'none',
      at: by.at * 1_000,
    },
  )
  if (user.role !== undefined) addToOldestWorkspace(db, id, user.role, by.at * 1_000)
  const stored = find(db, id)
  if (stored === undefined) throw new Error('The user that was added is not there')
  return { added: true, user: changed(db, 'user.add', by, undefined, stored) }
}

/** Enables or disables a user; `undefined` when there is none. What is so already is left alone and told to nobody. */
export const setUserActive = (
  db: Database,
  { id, active, ...by }: By & { readonly id: string; readonly active: boolean },
): StoredUser | undefined => {
  const before = find(db, id)
  if (before === undefined || before.active === active) return before
  // Whoever is let in again logs in again: what was given out before has ended for good.
  const epoch = before.epoch + (active ? 0 : 1)
  db.run('update users set active = ?, epoch = ?, updated_at = ? where id = ?', [active ? 1 : 0, epoch, by.at * 1_000, id])
  if (!active) endLoginsOf(db, id)
  return changed(db, active ? 'user.enable' : 'user.disable', by, before, { ...before, active, epoch })
}

export interface MemberChanged {
  readonly user: StoredUser
  /** What his workspace is told; `undefined` when he was let in again, or it was so already. */
  readonly event: WorkspaceEvent | undefined
}

/**
 * Takes a user out of one workspace, or lets him in again; `undefined` when there is no such user or membership.
 *
 * The log of the workspace holds the moment, so that everybody knows which messages came after it.
 */
export const setMemberActive = (
  db: Database,
  { id, workspace, active, ...by }: By & { readonly id: string; readonly workspace: number; readonly active: boolean },
): MemberChanged | undefined => {
  const member = db.get<{ readonly active: number }>('select active from workspace_members where workspace = ? and user_id = ?', [workspace, id])
  const user = find(db, id)
  if (user === undefined || member === undefined) return undefined
  if ((member.active === 1) === active) return { user, event: undefined }
  db.run('update workspace_members set active = ?, updated_at = ? where workspace = ? and user_id = ?', [active ? 1 : 0, by.at * 1_000, workspace, id])
  const event = active ? undefined : appendToLog(db, workspace, by.at, { type: 'member.removed', userId: id })
  appendControl(db, { kind: 'user_changed', userId: id }, by.at)
  audit(db, { ...by, action: active ? 'member.enable' : 'member.disable', subject: `user:${id}`, before: { workspace, active: !active }, after: { workspace, active } })
  return { user: find(db, id) ?? user, event }
}

/**
 * Sets the password of a user and ends what was begun with the old one: log-ins, and by a new epoch our tokens; `undefined` when there is no such user.
 *
 * @param hash - In the PHC string format; the audit log hears only that it was set.
 */
export const setUserPassword = (db: Database, { id, hash, ...by }: By & { readonly id: string; readonly hash: string }): StoredUser | undefined => {
  const before = find(db, id)
  if (before === undefined) return undefined
  db.run('update users set password_hash = ?, epoch = epoch + 1, updated_at = ? where id = ?', [hash, by.at * 1_000, id])
  endLoginsOf(db, id)
  return changed(db, 'user.password', by, before, { ...before, epoch: before.epoch + 1 })
}

/** Ends every token of our own that was issued to this user before now, by raising the epoch; `undefined` when there is no such user. */
export const raiseUserEpoch = (db: Database, { id, ...by }: By & { readonly id: string }): StoredUser | undefined => {
  const before = find(db, id)
  if (before === undefined) return undefined
  db.run('update users set epoch = epoch + 1, updated_at = ? where id = ?', [by.at * 1_000, id])
  return changed(db, 'user.raise_epoch', by, before, { ...before, epoch: before.epoch + 1 })
}

const endLoginsOf = (db: Database, userId: string): void => {
  db.run('delete from login_sessions where user_id = ?', [userId])
}

const addToOldestWorkspace = (db: Database, userId: string, role: string, atMicros: number): void => {
  const oldest = db.get<{ id: number }>('select id from workspaces order by id limit 1') ?? makeWorkspace(db, atMicros)
  db.run('insert into workspace_members (workspace, user_id, role, created_at, updated_at) values (:workspace, :userId, :role, :at, :at)', {
    workspace: oldest.id,
    userId,
    role,
    at: atMicros,
  })
}

const makeWorkspace = (db: Database, atMicros: number): { readonly id: number } => {
  const insert = `insert into workspaces (name, created_at, updated_at) values ('Main', :at, :at) returning id`
  const made = db.get<{ id: number }>(insert, { at: atMicros })
  if (made === undefined) throw new Error('The workspace that was added is not there')
  return made
}
