import type { Command } from 'commander'
import type { Operations } from '../../server/operations.js'
import { ban, banAdded, banList } from '../answers.js'
import { hoursToMs, isWide, parseHours, subjectFields, type SubjectFields } from '../arguments.js'
import { demand, onServerOrFile, run, type Cli } from '../cli.js'
import { describeBan, reachText, table } from '../describe.js'
import { exitCodes } from '../exit-code.js'

const subjectOf = (fields: SubjectFields): Parameters<Operations['ban']>[0] =>
  'network' in fields ? { kind: 'network', network: fields.network } : { kind: 'user', userId: fields.userId }

interface AddOptions {
  readonly user?: string
  readonly hours: number
  readonly forever?: boolean
  readonly reason: string
}

/** `ban add | lift | list`: also on the database itself, when no server answers. */
export const addBanCommands = (program: Command, cli: Cli): void => {
  const bans = program.command('ban').description('refuse an address, a range or a user, and take it back')

  bans
    .command('add')
    .description('ban an address, a range or a user; live sockets are closed at once')
    .argument('[network]', 'address or CIDR range of either family')
    .option('--user <id>', 'a user instead of a network')
    .option('--hours <number>', 'how long', parseHours, 24)
    .option('--forever', 'without end')
    .option('--reason <text>', 'for operators; never told to the banned', '')
    .action(async (network: string | undefined, options: AddOptions, command: Command) =>
      run(cli, command, async (terminal) => {
        const fields = subjectFields(network, options.user)
        if (network !== undefined && isWide(network)) await terminal.confirm(`${network} is a very wide range. Ban it?`)
        const durationMs = options.forever === true ? undefined : hoursToMs(options.hours)
        const { reason } = options
        const added = await onServerOrFile(
          cli,
          terminal,
          async (client) => demand(await client.ask(banAdded, 'POST', '/api/v1/bans', { ...fields, reason, durationMs: durationMs ?? null })),
          async (database) => banAdded.parse(await database.ban(subjectOf(fields), reason, durationMs, 'cli')),
        )
        terminal.data(added, table([describeBan(added.ban)]))
        terminal.say(`Banned${reachText(added)}.`)
        return exitCodes.ok
      }),
    )

  bans
    .command('lift')
    .description('end the bans of exactly this address, range or user')
    .argument('[network]', 'address or CIDR range of either family')
    .option('--user <id>', 'a user instead of a network')
    .action(async (network: string | undefined, options: { readonly user?: string }, command: Command) =>
      run(cli, command, async (terminal) => {
        const fields = subjectFields(network, options.user)
        const query = new URLSearchParams({ ...fields }).toString()
        const { items } = await onServerOrFile(
          cli,
          terminal,
          async (client) => demand(await client.ask(banList, 'DELETE', `/api/v1/bans?${query}`)),
          async (database) => ({ items: (await database.lift(subjectOf(fields), 'cli')).map((each) => ban.parse(each)) }),
        )
        if (items.length === 0) {
          terminal.complain('There is no ban of exactly this: `sallyport ban list` shows those in force.')
          return exitCodes.no
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
        const { items } = await onServerOrFile(
          cli,
          terminal,
          async (client) => demand(await client.ask(banList, 'GET', '/api/v1/bans')),
          async (database) => ({ items: (await database.bans()).map((each) => ban.parse(each)) }),
        )
        if (terminal.json || items.length > 0) terminal.data({ items }, table(items.map(describeBan)))
        else terminal.say('No bans are in force.')
        return exitCodes.ok
      }),
    )
}
