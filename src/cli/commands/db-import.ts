import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Comparison, ImportReport, Progress } from '../../server/import/import-rows.js'
import { load, run, type Cli } from '../cli.js'
import { exitCodes } from '../exit-code.js'
import type { Terminal } from '../terminal.js'

interface ImportOptions {
  readonly from: string
  readonly tables?: string
}

/** How often progress is said, besides its first word. */
const everyMs = 1_000

const sayProgress = (terminal: Terminal, now: () => number): ((progress: Progress) => void) => {
  let said = -Infinity
  return ({ doing, rows, percent }) => {
    if (now() - said < everyMs) return
    said = now()
    terminal.say(`${doing === 'importing' ? 'Importing' : 'Comparing'}: ${rows} rows, ${percent} %`)
  }
}

const lineOf = ({ table, source, target, same }: Comparison): string =>
  `${table.padEnd(13)}  ${String(source.rows).padStart(9)} ${source.checksum}  ${String(target.rows).padStart(9)} ${target.checksum}  ${same ? 'same' : 'DIFFERENT'}`

const report = (terminal: Terminal, { imported, tables }: ImportReport) => {
  const different = tables.filter(({ same }) => !same).map(({ table }) => table)
  terminal.data({ imported, tables }, tables.map(lineOf).join('\n'))
  if (different.length === 0) {
    terminal.say(imported === 0 ? 'Nothing to import: everything is there, and both sides are the same.' : `Imported ${imported} rows: both sides are the same.`)
    return exitCodes.ok
  }
  terminal.complain(
    `Different: ${different.join(', ')}. Rows changed on one side since they were imported, or belong to no user. ` +
      'Stop the old service and import into a new database (SALLYPORT_DATA_DIR).',
  )
  return exitCodes.no
}

/** `db import`: an old service's tables into the database itself. */
export const addImportCommand = (database: Command, cli: Cli): void => {
  database
    .command('import')
    .description("take over users, customers, conversations and messages of a Django service's PostgreSQL; goes on where it was ended")
    .requiredOption('--from <url>', 'postgres://user@host/database; the password may come from PGPASSWORD')
    .option('--tables <file>', "JSON with names of tables and columns that are not Django's defaults")
    .action(async (options: ImportOptions, command: Command) =>
      run(cli, command, async (terminal) => {
        const { config } = await load(cli, 'tool')
        const { importOldService } = await import('../../server/import/import-old-service.js')
        const tables = options.tables === undefined ? undefined : resolve(cli.cwd, options.tables)
        const progress = sayProgress(terminal, cli.now)
        return report(terminal, await importOldService(config, { from: options.from, tables, at: cli.now(), progress }))
      }),
    )
}
