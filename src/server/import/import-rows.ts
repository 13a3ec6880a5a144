import { importStages, type ImportSource, type ImportStage, type ImportTotals, type RowImports, type TakeOutcome } from '../../conversation/row-import.js'
import { comparedRows, createSum, sorted, type Sum } from './row-digest.js'

export interface Progress {
  readonly doing: 'importing' | 'comparing'
  readonly rows: number
  /** 0 to 100. */
  readonly percent: number
}

export interface Comparison {
  readonly table: ImportStage
  readonly source: Sum
  readonly target: Sum
  readonly same: boolean
}

export interface ImportReport {
  /** How many rows this run took in; 0 when everything was there. */
  readonly imported: number
  readonly tables: readonly Comparison[]
}

/** The import cannot go on; nothing of the batch was stored, and what was stored before stays. */
export class ImportStopped extends Error {
  readonly code = 'ERR_IMPORT'
  override readonly name = 'ImportStopped'
}

const takenBy = ({ by, field }: Extract<TakeOutcome, { outcome: 'occupied' }>): string =>
  by === 'import'
    ? `is that of another row of this import${field === 'email' ? ', but for capital letters' : ''}; correct it there and run the import again`
    : 'is taken by something that does not come from this import; import into a new database (SALLYPORT_DATA_DIR), or correct the row'

const stopped = (outcome: Exclude<TakeOutcome, { outcome: 'taken' }>): ImportStopped => {
  switch (outcome.outcome) {
    case 'overtaken':
      return new ImportStopped('Cannot import: another import into this database is under way; let it come to its end')
    case 'orphan':
      return new ImportStopped(`Cannot import conversation ${outcome.id}: its customer was made while the import stood still; import into a new database`)
    case 'occupied':
      return new ImportStopped(`Cannot import ${outcome.stage}, row ${outcome.id}: its ${outcome.field} ${takenBy(outcome)}`)
  }
}

const sumOf = (totals: ImportTotals): number => totals.users + totals.customers + totals.conversations + totals.messages
const percentOf = (rows: number, all: number): number => (all === 0 ? 100 : Math.min(100, Math.floor((rows * 100) / all)))

/**
 * Takes everything of a source in, going on where an earlier run was ended, and compares both sides when it is done.
 *
 * @throws ImportStopped when what is there is in the way.
 */
export const importAll = async (source: ImportSource, target: RowImports, at: number, progress: (progress: Progress) => void): Promise<ImportReport> => {
  const state = await target.state()
  const { identity } = source
  if (state !== undefined && state.identity !== identity) {
    throw new ImportStopped('Cannot import: this database was filled from another database, or with other --tables; import into a new one (SALLYPORT_DATA_DIR)')
  }
  const totals = await source.totals()
  const all = sumOf(totals)
  let imported = 0
  if (state?.finished !== true) {
    let place = state?.place
    for await (const batch of source.batches(place)) {
      const outcome = await target.take({ identity, after: place, batch, at })
      if (outcome.outcome !== 'taken') throw stopped(outcome)
      ;({ place } = batch)
      imported += batch.rows.length
      const rows = (state?.rows ?? 0) + imported
      progress({ doing: 'importing', rows, percent: percentOf(rows, all) })
    }
    await target.finish(identity)
  }
  return { imported, tables: await compare(source, target, totals, progress) }
}

const compare = async (source: ImportSource, target: RowImports, totals: ImportTotals, progress: (progress: Progress) => void): Promise<readonly Comparison[]> => {
  const all = sumOf(totals)
  const wanted = new Map(importStages.map((stage) => [stage, createSum()]))
  const seqs = new Map<string, number>()
  let rows = 0
  for await (const batch of source.batches(undefined)) {
    for (const row of comparedRows(batch, seqs)) wanted.get(batch.stage)?.add(row)
    rows += batch.rows.length
    progress({ doing: 'comparing', rows, percent: percentOf(rows, all) })
  }
  const tables: Comparison[] = []
  for (const table of importStages) {
    const held = createSum()
    for await (const page of target.held(table)) {
      for (const row of page) held.add(table === 'customers' ? withSortedTags(row) : row)
    }
    const read = (wanted.get(table) ?? createSum()).total()
    // What no user leads to, such as a conversation without one, was not read; the count knows of it.
    const from: Sum = table === 'tags' ? read : { ...read, rows: totals[table] }
    const to = held.total()
    tables.push({ table, source: from, target: to, same: from.rows === to.rows && from.checksum === to.checksum })
  }
  return tables
}

const withSortedTags = (row: readonly unknown[]): readonly unknown[] => {
  const tags = row.at(-1)
  return Array.isArray(tags) ? [...row.slice(0, -1), sorted(tags)] : row
}
