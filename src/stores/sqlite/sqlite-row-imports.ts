import { importStages, type ComparedRow, type ImportPlace, type ImportStage, type RowImports } from '../../conversation/row-import.js'
import type { SqliteEngine } from './engine.js'

const deadlineMs = 60_000
const pageRows = 1_000

interface StateColumns {
  readonly identity: string
  readonly place: string | null
  readonly rows: number
  readonly finished: 0 | 1
}

const fieldsFrom = (json: string): ComparedRow => {
  const fields: unknown = JSON.parse(json)
  if (!Array.isArray(fields)) throw new TypeError('The row is no list')
  return fields
}

const placeFrom = (json: string): ImportPlace => {
  const [user, stageName, ...key] = fieldsFrom(json)
  const stage = importStages.find((name) => name === stageName)
  if (typeof user !== 'number' || stage === undefined) throw new TypeError('The place of the import is not what an import wrote')
  return { user, stage, key: key.map(String) }
}

/** Each answers its rows as JSON after a cursor, of one column or, for messages, of two. */
const selects: Readonly<Record<ImportStage, string>> = {
  users: `select u.id as a, json_array(u.id, u.email, u.username, u.first_name, u.last_name, u.active) as fields
    from users u join imported_workspaces w on u.id = cast(w.workspace as text)
    where u.id > :a order by u.id limit :limit`,
  tags: `select cast(t.id as text) as a, json_array(t.workspace, t.name, t.created_by, t.created_at) as fields
    from tags t join imported_workspaces w on w.workspace = t.workspace
    where t.id > cast(:a as integer) order by t.id limit :limit`,
  customers: `select cast(c.id as text) as a, json_array(c.workspace, i.old_id, c.first_name, c.last_name, c.username, c.email, c.phone_number,
      c.description, c.profile_picture, c.source, c.source_id, c.data, c.created_at, c.updated_at,
      (select json_group_array(t.name) from customer_tags ct join tags t on t.id = ct.tag where ct.customer = c.id)) as fields
    from customers c join imported_workspaces w on w.workspace = c.workspace
    left join imported_customers i on i.workspace = c.workspace and i.customer = c.id
    where c.id > cast(:a as integer) order by c.id limit :limit`,
  conversations: `select c.id as a, json_array(c.id, c.workspace, i.old_id, c.title, c.status, c.is_active, c.source, c.priority, c.created_at,
      c.updated_at) as fields
    from conversations c join imported_workspaces w on w.workspace = c.workspace
    left join imported_customers i on i.workspace = c.workspace and i.customer = c.customer
    where c.id > :a order by c.id limit :limit`,
  messages: `select m.conversation as a, cast(m.seq as text) as b, json_array(m.id, m.conversation, m.seq, m.type, m.content, m.is_answered,
      m.message_type, m.media_url, m.media_file, m.transcription, m.processing_status, m.feedback, m.feedback_comment, m.feedback_at,
      m.created_at) as fields
    from messages m join conversations c on c.id = m.conversation join imported_workspaces w on w.workspace = c.workspace
    where m.conversation >= :a and (m.conversation, m.seq) > (:a, cast(:b as integer)) order by m.conversation, m.seq limit :limit`,
}

/** Takes rows of an old service into SQLite. */
export const createSqliteRowImports = (engine: SqliteEngine): RowImports => ({
  async state() {
    const [row] = await engine.read<StateColumns>('lists', 'select identity, place, rows, finished from imports')
    if (row === undefined) return undefined
    const { identity, place, rows, finished } = row
    return { identity, place: place === null ? undefined : placeFrom(place), rows, finished: finished === 1 }
  },
  take: (ask) => engine.write('importRows', ask, Date.now() + deadlineMs),
  finish: async (identity) => {
    await engine.write('finishImport', { identity })
  },
  async *held(stage) {
    let a = ''
    let b = '0'
    for (;;) {
      const rows = await engine.read<{ a: string; b?: string; fields: string }>('lists', selects[stage], { a, ...(stage === 'messages' ? { b } : {}), limit: pageRows }, Date.now() + deadlineMs)
      const last = rows.at(-1)
      if (last === undefined) return
      yield rows.map(({ fields }) => fieldsFrom(fields))
      a = last.a
      b = last.b ?? b
    }
  },
})
