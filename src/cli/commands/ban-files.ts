import type { Command } from 'commander'
import type { z } from 'zod'
import { subjectOf } from '../../server/http/shapes.js'
import type { Offline } from '../../server/offline.js'
import { banImport, record, type ban } from '../answers.js'
import { hoursToMs, parseHours, readBanReason } from '../arguments.js'
import { CliError } from '../cli-error.js'
import { demand, onServerOrFile, run, type Cli } from '../cli.js'
import { bansInFile, bansOnServer } from '../every-ban.js'
import { exitCodes } from '../exit-code.js'
import { importBans, type ImportOptions } from '../import-bans.js'
import { ServerUnreachable, type OperatorClient } from '../operator-client.js'
import { ownAddressOf } from '../own-address.js'
import type { BanLine } from '../parse-ban-line.js'
import { readLines } from '../read-lines.js'

type Store = ImportOptions['store']

const storeOnServer =
  (client: OperatorClient, force: boolean, ownAddress: string | undefined): Store =>
  async (bans) => {
    try {
      return demand(await client.ask(banImport, 'POST', '/api/v1/ban-imports', { bans, force, ownAddress }))
    } catch (error) {
      // Half of the list has been read by now, so that nothing may begin on the database with the other half alone.
      if (error instanceof ServerUnreachable) throw new CliError('The server went away in the middle: run the import again; what is stored stays.', exitCodes.unreachable)
      throw error
    }
  }

const storeInFile =
  (database: Offline, force: boolean, ownAddress: string | undefined): Store =>
  async (bans) => {
    const imported = bans.map((each) => ({ subject: subjectOf(each), reason: each.reason, expiresAt: each.expiresAt ?? undefined }))
    return banImport.parse(await database.importBans(imported, force, ownAddress, { name: 'cli' }))
  }

/** A ban as `ban import` reads it again. */
const lineOf = ({ subject, reason, expiresAt: end }: z.infer<typeof ban>): BanLine => {
  const expiresAt = end ?? null
  return subject.kind === 'user' ? { userId: subject.userId, reason, expiresAt } : { network: subject.network, reason, expiresAt }
}

/** `ban import | export`. */
export const addBanFileCommands = (bans: Command, cli: Cli): void => {
  bans
    .command('import')
    .description('ban every line of a list: what `ban export` writes, or addresses and ranges with comments after # or ;')
    .argument('<file>', 'a file, or - for stdin')
    .option('--hours <number>', 'how long lines last that do not say it', parseHours, 24)
    .option('--forever', 'lines that do not say it last without end')
    .option('--force', 'also very wide ranges and what would lock out an operator, a proxy or a network of bans.allow')
    .option('--reason <text>', 'for lines that have none', readBanReason, '')
    .action(
      async (source: string, options: { hours: number; forever?: boolean; force?: boolean; reason: string }, command: Command) =>
        run(cli, command, async (terminal) => {
          const lines = await readLines(cli, source)
          const { reason, force = false } = options
          const defaults = { reason, expiresAt: options.forever === true ? null : cli.now() + hoursToMs(options.hours) }
          const ownAddress = ownAddressOf(cli.env)
          const list = await onServerOrFile(
            cli,
            terminal,
            async (client) => {
              // Whether a server answers is known before the first line is read.
              await client.ask(record, 'GET', '/api/v1/info')
              return importBans(lines, terminal, { defaults, store: storeOnServer(client, force, ownAddress) })
            },
            (database) => importBans(lines, terminal, { defaults, store: storeInFile(database, force, ownAddress) }),
          )
          const { added, unchanged, ended, refused, bad, sockets } = list
          terminal.data(list, `${added} banned, ${unchanged} known, ${ended} over, ${refused} refused, ${bad} bad lines, ${sockets} sockets closed`)
          return refused + bad === 0 ? exitCodes.ok : exitCodes.no
        }),
    )

  bans
    .command('export')
    .description('bans in force, one JSON object a line')
    .option('--plain', 'addresses and ranges alone, each once, for firewalls and other tools')
    .action(async ({ plain = false }: { readonly plain?: boolean }, command: Command) =>
      run(cli, command, async (terminal) => {
        const write = async (every: AsyncIterable<z.infer<typeof ban>>): Promise<number> => {
          let written = 0
          // A network may be banned several times, for other reasons and times; a firewall's list takes it once.
          const networks = new Set<string>()
          for await (const each of every) {
            const line = lineOf(each)
            if (plain) {
              if (line.network === undefined || networks.has(line.network)) continue
              networks.add(line.network)
            }
            terminal.data(line, plain ? (line.network ?? '') : JSON.stringify(line))
            written += 1
          }
          return written
        }
        const written = await onServerOrFile(cli, terminal, (client) => write(bansOnServer(client)), (database) => write(bansInFile(database)))
        terminal.say(plain ? `${written} networks written.` : `${written} bans written.`)
        return exitCodes.ok
      }),
    )
}
