import type { WorkspacePart } from '../../../conversation/workspace-import.js'
import type { Database } from '../database.js'
import { addConversations, addWorkspace, type TagNumbers } from './conversations-import.js'

/** What an import's progress is called in the table of counters. */
export const importCounter = (workspace: string, name: string): string => `import ${workspace} ${name}`

/**
 * Takes in one part of a large workspace and remembers it, in one transaction.
 *
 * @throws RangeError when it is not the turn of this part, so that none is stored twice.
 */
export const importPart = (db: Database, { name, part, parts, workspace: data }: WorkspacePart): void => {
  // Ids are scattered, so that every row touches other pages of their indexes than the row before. 64 MiB, for as long as this engine is open.
  db.exec('pragma cache_size = -65536')
  const workspace = Number(data.id)
  const counter = importCounter(data.id, name)
  const next = db.get<{ value: number }>('select value from counters where name = ?', [counter])?.value ?? 0
  if (part !== next || part >= parts) {
    throw new RangeError(`Cannot import a part of "${name}" as "part" must be ${String(next)}: current value is ${String(part)}`)
  }
  if (part === 0) db.run('insert into counters (name, value) values (?, 0)', [counter])
  const tags = part === 0 ? addWorkspace(db, workspace, data) : tagsOf(db, workspace)
  withoutIndexing(db, () => {
    const { last } = db.get<{ last: number }>('select coalesce(max(number), 0) as last from conversations where workspace = ?', [workspace]) ?? { last: 0 }
    addConversations(db, workspace, data, tags)
    index(db, workspace, last)
  })
  if (part === parts - 1) db.run('delete from counters where name = ?', [counter])
  else db.run('update counters set value = value + 1 where name = ?', [counter])
}

const tagsOf = (db: Database, workspace: number): TagNumbers =>
  new Map(db.all<{ id: number; name: string }>('select id, name from tags where workspace = ?', [workspace]).map(({ id, name }) => [name, id]))

/** Does without the triggers that index text by text; nobody else sees the schema without them, for this is one transaction. */
const withoutIndexing = (db: Database, work: () => void): void => {
  const triggers = db.all<{ name: string; sql: string }>(
    `select name, sql from sqlite_schema where type = 'trigger' and name in ('messages_are_searched', 'search_pending_is_full')`,
  )
  db.exec(triggers.map(({ name }) => `drop trigger ${name};`).join('\n'))
  work()
  db.exec(triggers.map(({ sql }) => `${sql};`).join('\n'))
}

/** Indexes all texts of each conversation after `last` at once, in the order of their numbers, which is far cheaper than text by text. */
const index = (db: Database, workspace: number, last: number): void => {
  db.run(
    `insert into conversation_search (rowid, text)
     select c.number, c.search_text || char(10) || coalesce((select group_concat(m.search_text, char(10)) from messages m where m.conversation = c.id), '')
     from conversations c where c.workspace = ? and c.number > ? order by c.number`,
    [workspace, last],
  )
  db.run('delete from search_pending where workspace = ? and number > ?', [workspace, last])
}
