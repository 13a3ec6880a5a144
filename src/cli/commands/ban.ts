import type { Command } from 'commander'
import type { z } from 'zod'
import { dangersInWords } from '../../server/dangers-in-words.js'
import { subjectOf } from '../../server/http/shapes.js'
import { ban, banAdded, banList, banPreview } from '../answers.js'
import { bansInFile, bansOnServer, gather } from '../every-ban.js'
import { hoursToMs, parseHours, readBanReason, readNetwork, readUserId, subjectFields } from '../arguments.js'
import { demand, onServerOrFile, run, type Cli } from '../cli.js'
import { describeBan, reachText, table } from '../describe.js'
import { CliError } from '../cli-error.js'
import { ownAddressOf } from '../own-address.js'
import { addBanFileCommands } from './ban-files.js'
import { exitCodes } from '../exit-code.js'
import type { Terminal } from '../terminal.js'

type Preview = Readonly<Pick<z.infer<typeof banPreview>, 'sockets' | 'users'>> & { readonly dangers: readonly string[] }

/** Says what a ban would do. Asks before several users are put out, and refuses what is dangerous unless it is forced. */
const consider = async (terminal: Terminal, { sockets, users, dangers }: Preview, force: boolean): Promise<void> => {
  if (dangers.length > 0 && !force) throw new CliError(`Nothing was banned, as ${dangersInWords(dangers)}: add --force when it is meant.`, exitCodes.no)
  if (dangers.length > 0) await terminal.confirm(`Take care, as ${dangersInWords(dangers)}. Ban it all the same?`)
  if (users > 1) await terminal.confirm(`This closes ${sockets} sockets of ${users} users. Ban it?`)
}

interface AddOptions {
  readonly user?: string
  readonly hours: number
  readonly forever?: boolean
  readonly reason: string
  readonly force?: boolean
}

/** `ban add | lift | list | import | export`: also on the database itself, when no server answers. */
export const addBanCommands = (program: Command, cli: Cli): void => {
  const bans = program.command('ban').description('refuse an address, a range or a user, and take it back')

  bans
    .command('add')
    .description('ban an address, a range or a user; live sockets are closed at once')
    .argument('[network]', 'address or CIDR range of either family', readNetwork)
    .option('--user <id>', 'a user instead of a network', readUserId)
    .option('--hours <number>', 'how long', parseHours, 24)
    .option('--forever', 'without end')
    .option('--force', 'also very wide ranges and what would lock out an operator, a proxy or a network of bans.allow')
    .option('--reason <text>', 'for operators; never told to the banned', readBanReason, '')
    .action(async (network: string | undefined, options: AddOptions, command: Command) =>
      run(cli, command, async (terminal) => {
        const fields = subjectFields(network, options.user)
        const force = options.force ?? false
        const ownAddress = ownAddressOf(cli.env)
        const durationMs = options.forever === true ? undefined : hoursToMs(options.hours)
        const { reason } = options
        const added = await onServerOrFile(
          cli,
          terminal,
          async (client) => {
            const previewed = demand(await client.ask(banPreview, 'POST', '/api/v1/ban-previews', { ...fields, ownAddress }))
            await consider(terminal, previewed, force)
            return demand(await client.ask(banAdded, 'POST', '/api/v1/bans', { ...fields, reason, durationMs: durationMs ?? null, force, ownAddress }))
          },
          async (database) => {
            await consider(terminal, database.previewBan(subjectOf(fields), ownAddress), force)
            return banAdded.parse(await database.ban(subjectOf(fields), reason, durationMs, { name: 'cli' }))
          },
        )
        terminal.data(added, table([describeBan(added.ban)]))
        terminal.say(`Banned${reachText(added)}.`)
        return exitCodes.ok
      }),
    )

  bans
    .command('lift')
    .description('end the bans of exactly this address, range or user')
    .argument('[network]', 'address or CIDR range of either family', readNetwork)
    .option('--user <id>', 'a user instead of a network', readUserId)
    .action(async (network: string | undefined, options: { readonly user?: string }, command: Command) =>
      run(cli, command, async (terminal) => {
        const fields = subjectFields(network, options.user)
        const query = new URLSearchParams({ ...fields }).toString()
        const { items } = await onServerOrFile(
          cli,
          terminal,
          async (client) => demand(await client.ask(banList, 'DELETE', `/api/v1/bans?${query}`)),
          async (database) => ({ items: (await database.lift(subjectOf(fields), { name: 'cli' })).map((each) => ban.parse(each)) }),
        )
        if (items.length === 0) {
          throw new CliError('There is no ban of exactly this: `sallyport ban list` shows those in force.')
        }
        terminal.data({ items }, table(items.map(describeBan)))
        terminal.say('Lifted.')
        return exitCodes.ok
      }),
    )

  bans
    .command('list')
    .description('bans in force, oldest first')
    .action(async (_options: unknown, command: Command) =>
      run(cli, command, async (terminal) => {
        const items = await onServerOrFile(
          cli,
          terminal,
          (client) => gather(bansOnServer(client)),
          (database) => gather(bansInFile(database)),
        )
        if (terminal.json || items.length > 0) terminal.data({ items }, table(items.map(describeBan)))
        else terminal.say('No bans are in force.')
        return exitCodes.ok
      }),
    )

  addBanFileCommands(bans, cli)
}
