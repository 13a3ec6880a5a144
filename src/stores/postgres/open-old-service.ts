import { createHash } from 'node:crypto'
import type { ClientBase } from 'pg'
import type { ImportBatch, ImportPlace, ImportSource, ImportStage, ImportTotals } from '../../conversation/row-import.js'
import { importStages } from '../../conversation/row-import.js'
import { loadPg } from './load-pg.js'
import { oldRow, type OldRow } from './old-row.js'
import { conversationFrom, customerFrom, messageFrom, tagFrom, userFrom } from './old-rows.js'
import { oldStatements } from './old-statements.js'
import { type TableMapping, type TableNames, UnfitMapping } from './old-tables.js'
import { answered, describe, isOddText } from './query-error.js'
import { sessionUrl } from './session-url.js'

export interface OldServiceOptions {
  /** `postgres://user@host:port/database`; what it leaves out, such as the password, comes from `PGPASSWORD` and its kin. */
  readonly url: string
  readonly mapping: TableMapping
  /** Rows read at a time. Default 500. */
  readonly batchRows?: number
  /** Milliseconds for the connection. Default 5000. */
  readonly connectMs?: number
  /** Milliseconds for one statement. Default 60000. */
  readonly statementMs?: number
}

export interface OldService extends ImportSource {
  close(): Promise<void>
}

/** The old database cannot be read any more, or not at all. */
export class OldServiceFailed extends Error {
  readonly code = 'ERR_OLD_SERVICE'
  override readonly name = 'OldServiceFailed'
}

type Row = Readonly<Record<string, unknown>>
type Ask = (text: string, values?: readonly (string | number | null)[]) => Promise<readonly Row[]>

const missingColumns = async (client: ClientBase, statement: string, names: TableNames): Promise<readonly string[]> => {
  const { fields } = await client.query(statement).catch((error: unknown) => {
    if (!answered(error)) throw error
    throw new UnfitMapping(`Cannot import: the old database ${describe(error)} Name the table ${names.name} in --tables, or let this user read it.`)
  })
  const there = new Set(fields.map(({ name }) => name))
  return [...names.columns.values()].filter((column) => !there.has(column))
}

/**
 * Opens the tables of an old service for an import: one session that cannot write, in one snapshot, so that what is read fits together.
 *
 * @throws TypeError for the address, PeerMissing without the package `pg`, UnfitMapping for tables and columns that are not there,
 * OldServiceFailed when it does not answer.
 */
export const openOldService = async (options: OldServiceOptions): Promise<OldService> => {
  const { mapping, batchRows = 500, connectMs = 5_000, statementMs = 60_000 } = options
  const connectionString = sessionUrl(options.url, statementMs, 'import as "--from"')
  const { Client } = await loadPg('an old service')
  const client = new Client({
    connectionString,
    connectionTimeoutMillis: connectMs,
    // A server that has fallen silent; a little after `statement_timeout`, which says more.
    query_timeout: statementMs + 1_000,
    keepAlive: true,
    application_name: 'sallyport import',
  })
  client.on('error', () => {
    // The statement under way, or the next one, rejects with it.
  })
  const failed = (error: unknown): OldServiceFailed =>
    new OldServiceFailed(
      isOddText(error)
        ? 'Cannot import: the old database holds text that is not UTF-8 (SQLSTATE 22021); correct it there and run the import again'
        : `Cannot import: the old database ${describe(error)} Run the import again when it answers: it goes on where it was.`,
    )
  const ask: Ask = async (text, values = []) => {
    try {
      return (await client.query<Row>({ text, values: [...values] })).rows
    } catch (error) {
      throw failed(error)
    }
  }
  const statements = oldStatements(mapping)

  const checkShape = async (): Promise<void> => {
    const problems: string[] = []
    for (const [key, names] of Object.entries(mapping)) {
      if (names === undefined) continue
      // One session has one statement at a time.
      const missing = await missingColumns(client, statements.shape(names), names)
      if (missing.length > 0) problems.push(`${names.name} has no ${missing.join(', ')} (name each in "${key}" of --tables, or null to leave it out)`)
    }
    if (problems.length > 0) throw new UnfitMapping(`Cannot import: ${problems.join('; ')}`)
  }
  let database: unknown
  try {
    await client.connect()
    await client.query(`set datestyle to 'ISO'; set timezone to 'UTC'`)
    await client.query('begin isolation level repeatable read read only')
    database = (await client.query<Row>('select current_database()::text as name')).rows[0]?.['name']
    await checkShape()
  } catch (error) {
    await client.end().catch(() => undefined)
    throw error instanceof UnfitMapping ? error : failed(error)
  }

  const shape = Object.entries(mapping).map(([key, names]) => [key, names?.name, [...(names?.columns ?? [])]])
  return {
    identity: createHash('sha256').update(JSON.stringify([database, shape])).digest('hex'),
    async totals() {
      const [row = {}] = await ask(statements.totals)
      const count = (name: keyof ImportTotals): number => Number(row[name])
      return { users: count('users'), customers: count('customers'), conversations: count('conversations'), messages: count('messages') }
    },
    async *batches(place) {
      let from = place?.user ?? 0
      for (;;) {
        const users = await ask(statements.users, [from, batchRows])
        for (const user of users) {
          const read = oldRow(mapping.users.name, user)
          const id = read.number('id')
          yield* ofUser(read, id, id === place?.user ? place : undefined)
          from = id + 1
        }
        if (users.length < batchRows) return
      }
    },
    close: () => client.end(),
  }

  async function* ofUser(read: OldRow, user: number, place: ImportPlace | undefined): AsyncGenerator<ImportBatch> {
    const reached = place === undefined ? -1 : importStages.indexOf(place.stage)
    const at = (stage: ImportStage, key: readonly string[]): ImportPlace => ({ user, stage, key })
    if (place === undefined) yield { stage: 'users', rows: [userFrom(read)], place: at('users', []) }
    for (const [index, stage] of importStages.entries()) {
      if (stage === 'users' || index < reached) continue
      yield* ofStage(stage, user, index === reached ? place?.key : undefined, (key) => at(stage, key))
    }
  }

  async function* ofStage(
    stage: Exclude<ImportStage, 'users'>,
    user: number,
    start: readonly string[] | undefined,
    at: (key: readonly string[]) => ImportPlace,
  ): AsyncGenerator<ImportBatch> {
    if (stage === 'tags' && statements.tags === undefined) return
    const names = mapping[stage]?.name ?? ''
    let key = start
    for (;;) {
      const rows = (await ask(statements[stage] ?? '', [user, ...firstOf(stage, key), batchRows])).map((row) => ({ row, read: oldRow(names, row) }))
      const last = rows.at(-1)
      if (last === undefined) return
      key = keyOf(stage, last.row)
      const reads = rows.map(({ read }) => read)
      yield batchOf(stage, reads, user, at(key))
      if (rows.length < batchRows) return
    }
  }
}

/** The parameters between user and number of rows. */
const firstOf = (stage: Exclude<ImportStage, 'users'>, key: readonly string[] | undefined): readonly (string | null)[] => {
  if (stage === 'tags') return [key?.[0] ?? null]
  if (stage === 'messages') return [key?.[0] ?? '', key?.[1] ?? null, key?.[2] ?? '']
  return [key?.[0] ?? (stage === 'customers' ? '0' : '')]
}

const keyOf = (stage: Exclude<ImportStage, 'users'>, row: Row): readonly string[] => {
  if (stage === 'tags') return [String(row['name'])]
  return stage === 'messages' ? [String(row['conversation_id']), String(row['sent_at']), String(row['id'])] : [String(row['id'])]
}

const batchOf = (stage: Exclude<ImportStage, 'users'>, reads: readonly OldRow[], user: number, place: ImportPlace): ImportBatch => {
  switch (stage) {
    case 'tags':
      return { stage, rows: reads.map((read) => tagFrom(read, user)), place }
    case 'customers':
      return { stage, rows: reads.map(customerFrom), place }
    case 'conversations':
      return { stage, rows: reads.map(conversationFrom), place }
    case 'messages':
      return { stage, rows: reads.map((read) => messageFrom(read, user)), place }
  }
}
