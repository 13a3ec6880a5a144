import type {
  ConversationRow, CustomerRow, ImportBatch, ImportPlace, MessageRow, TakeOutcome, UserRow,
} from '../../../conversation/row-import.js'
import { toMicros } from '../conversation-rows.js'
import type { Database } from '../database.js'
import { addCustomer, addEmptyConversation, addMember, addMessages, addTags } from './conversations-import.js'

export interface ImportAsk {
  readonly identity: string
  readonly after: ImportPlace | undefined
  readonly batch: ImportBatch
  /** Epoch milliseconds. */
  readonly at: number
}

type Occupied = Extract<TakeOutcome, { outcome: 'occupied' }>

const placeText = (place: ImportPlace | undefined): string | null => (place === undefined ? null : JSON.stringify([place.user, place.stage, ...place.key]))

/** Takes in one batch and its place, or nothing when the place it goes on from is not the one that was reached. */
export const importRows = (db: Database, { identity, after, batch, at }: ImportAsk): TakeOutcome => {
  db.run('insert into imports (id, identity) values (1, ?) on conflict (id) do nothing', [identity])
  const reached = db.get('select 1 from imports where identity = ? and place is ? and finished = 0', [identity, placeText(after)])
  if (reached === undefined) return { outcome: 'overtaken' }
  const refusal = occupiedBy(db, batch) ?? orphanIn(db, batch)
  if (refusal !== undefined) return refusal
  takeRows(db, batch, at)
  db.run('update imports set place = ?, rows = rows + ? where id = 1', [placeText(batch.place), batch.rows.length])
  return { outcome: 'taken' }
}

export const finishImport = (db: Database, { identity }: { readonly identity: string }): void => {
  // A source without rows has never come to a first batch.
  db.run('insert into imports (id, identity, finished) values (1, ?, 1) on conflict (id) do update set finished = 1 where identity = excluded.identity', [identity])
}

const occupiedBy = (db: Database, batch: ImportBatch): Occupied | undefined => {
  switch (batch.stage) {
    case 'users':
      return first(batch.rows, (row) => userOccupied(db, row))
    case 'tags':
      return undefined
    case 'customers':
      return first(batch.rows, (row, before) => customerOccupied(db, batch.place.user, row, before))
    case 'conversations':
      return first(batch.rows, ({ id }, before) => idOccupied(db, batch.stage, id, before, conversationMaker))
    case 'messages':
      return first(batch.rows, ({ id }, before) => idOccupied(db, batch.stage, id, before, messageMaker))
  }
}

/** @param look - Also sees the keys of the rows before, and adds that of its own. */
const first = <T>(rows: readonly T[], look: (row: T, before: Set<string>) => Occupied | undefined): Occupied | undefined => {
  const before = new Set<string>()
  for (const row of rows) {
    const occupied = look(row, before)
    if (occupied !== undefined) return occupied
  }
  return undefined
}

/** Each answers whether an import made the row of this id, and nothing when there is none. */
const conversationMaker = 'select exists (select 1 from imported_workspaces w where w.workspace = c.workspace) as imported from conversations c where c.id = ?'
const messageMaker = `select exists (select 1 from imported_workspaces w where w.workspace = c.workspace) as imported
  from messages m join conversations c on c.id = m.conversation where m.id = ?`

const idOccupied = (db: Database, stage: 'conversations' | 'messages', id: string, before: Set<string>, maker: string): Occupied | undefined => {
  const is = (by: Occupied['by']): Occupied => ({ outcome: 'occupied', stage, id, field: 'id', by })
  if (before.has(id)) return is('import')
  before.add(id)
  const there = db.get<{ imported: 0 | 1 }>(maker, [id])
  return there && is(there.imported === 1 ? 'import' : 'other')
}

const customerOccupied = (db: Database, workspace: number, { oldId, source, sourceId }: CustomerRow, before: Set<string>): Occupied | undefined => {
  if (sourceId === undefined) return undefined
  const is = (by: Occupied['by']): Occupied => ({ outcome: 'occupied', stage: 'customers', id: String(oldId), field: 'source_id', by })
  const key = JSON.stringify([source, sourceId])
  if (before.has(key)) return is('import')
  before.add(key)
  const there = db.get<{ imported: 0 | 1 }>(
    `select exists (select 1 from imported_customers i where i.workspace = c.workspace and i.customer = c.id) as imported
     from customers c where c.workspace = ? and c.source = ? and c.source_id = ?`,
    [workspace, source, sourceId],
  )
  return there && is(there.imported === 1 ? 'import' : 'other')
}

const userOccupied = (db: Database, { userId, email, username }: UserRow): Occupied | undefined => {
  const is = (field: Occupied['field'], by: Occupied['by']): Occupied => ({ outcome: 'occupied', stage: 'users', id: userId, field, by })
  if (db.get('select 1 from workspaces where id = ?', [Number(userId)]) !== undefined) return is('workspace', 'other')
  if (db.get('select 1 from users where id = ?', [userId]) !== undefined) return is('id', 'other')
  const makerOf = (column: 'email' | 'username', value: string): Occupied['by'] | undefined => {
    const there = db.get<{ imported: 0 | 1 }>(
      `select exists (select 1 from imported_workspaces w where cast(w.workspace as text) = u.id) as imported from users u where u.${column} = ?`, [value])
    return there && (there.imported === 1 ? 'import' : 'other')
  }
  const mailed = makerOf('email', email)
  if (mailed !== undefined) return is('email', mailed)
  const named = username === undefined ? undefined : makerOf('username', username)
  return named && is('username', named)
}

const takeRows = (db: Database, batch: ImportBatch, at: number): void => {
  const workspace = batch.place.user
  switch (batch.stage) {
    case 'users':
      for (const user of batch.rows) addWorkspace(db, workspace, user, user.createdAt ?? at)
      return
    case 'tags':
      addTags(db, workspace, batch.rows)
      return
    case 'customers':
      addCustomers(db, workspace, batch.rows)
      return
    case 'conversations':
      for (const row of batch.rows) addEmptyConversation(db, workspace, row, customerOf(db, workspace, row) ?? 0)
      return
    case 'messages':
      for (const [conversation, messages] of byConversation(batch.rows)) addMessages(db, conversation, messages)
  }
}

const addWorkspace = (db: Database, workspace: number, user: UserRow, createdAt: number): void => {
  const at = toMicros(createdAt)
  db.run('insert into workspaces (id, name, created_at, updated_at) values (?, ?, ?, ?)', [workspace, user.username ?? user.email, at, at])
  db.run('insert into imported_workspaces (workspace) values (?)', [workspace])
  addMember(db, workspace, user, at)
}

const addCustomers = (db: Database, workspace: number, rows: readonly CustomerRow[]): void => {
  const tags = new Map(db.all<{ name: string; id: number }>('select name, id from tags where workspace = ?', [workspace]).map(({ name, id }) => [name, id]))
  for (const row of rows) {
    const customer = addCustomer(db, workspace, row, tags)
    db.run('insert into imported_customers (workspace, old_id, customer) values (?, ?, ?)', [workspace, row.oldId, customer])
  }
}

const customerOf = (db: Database, workspace: number, { oldCustomer }: ConversationRow): number | undefined =>
  db.get<{ customer: number }>('select customer from imported_customers where workspace = ? and old_id = ?', [workspace, oldCustomer])?.customer

const orphanIn = (db: Database, batch: ImportBatch): TakeOutcome | undefined => {
  if (batch.stage !== 'conversations') return undefined
  const orphan = batch.rows.find((row) => customerOf(db, batch.place.user, row) === undefined)
  return orphan === undefined ? undefined : { outcome: 'orphan', id: orphan.id }
}

const byConversation = (rows: readonly MessageRow[]): ReadonlyMap<string, readonly MessageRow[]> => {
  const groups = new Map<string, MessageRow[]>()
  for (const row of rows) {
    const group = groups.get(row.conversation)
    if (group === undefined) groups.set(row.conversation, [row])
    else group.push(row)
  }
  return groups
}
