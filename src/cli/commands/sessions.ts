import type { Command } from 'commander'
import { reach, sessionList } from '../answers.js'
import { readSessionId, readUserId } from '../arguments.js'
import { connect, demand, run, type Cli } from '../cli.js'
import { CliError } from '../cli-error.js'
import { reachText, table, timeText } from '../describe.js'
import { exitCodes } from '../exit-code.js'

interface UserOption {
  readonly user?: string
}

/** `sessions list | kick`: only where a server runs. */
export const addSessionCommands = (program: Command, cli: Cli): void => {
  const sessions = program.command('sessions').description('live sockets')

  sessions
    .command('list')
    .description('live sessions of the server that is asked')
    .option('--user <id>', 'only those of this user', readUserId)
    .action(async ({ user }: UserOption, command: Command) =>
      run(cli, command, async (terminal) => {
        const query = user === undefined ? '' : `?${new URLSearchParams({ userId: user }).toString()}`
        const client = await connect(cli)
        const { items } = demand(await client.ask(sessionList, 'GET', `/api/v1/sessions${query}`))
        const rows = items.map(({ id, userId, address, endpoint, dialect, openedAt, expiresAt, development }) => [
          id,
          `user ${userId}`,
          address ?? 'unknown address',
          endpoint,
          dialect,
          `since ${timeText(openedAt)}`,
          expiresAt === undefined ? '' : `until ${timeText(expiresAt)}`,
          development ? 'development' : '',
        ])
        if (terminal.json || rows.length > 0) terminal.data({ items }, table(rows))
        else terminal.say('No session is open.')
        return exitCodes.ok
      }),
    )

  sessions
    .command('kick')
    .description('end one session, or all of a user, in every process that shares the database')
    .argument('[session]', 'session id', readSessionId)
    .option('--user <id>', 'all sessions of this user', readUserId)
    .action(async (id: string | undefined, { user }: UserOption, command: Command) =>
      run(cli, command, async (terminal) => {
        if ((id === undefined) === (user === undefined)) throw new CliError('Name either a session id, or --user <id>.', exitCodes.usage)
        const path = user === undefined ? `/api/v1/sessions/${encodeURIComponent(id ?? '')}` : `/api/v1/sessions?${new URLSearchParams({ userId: user }).toString()}`
        const client = await connect(cli)
        const reached = demand(await client.ask(reach, 'DELETE', path))
        terminal.data(reached, String(reached.sockets))
        const { sockets, silent = 0 } = reached
        if (sockets > 0) terminal.say(`Done${reachText(reached)}.`)
        if (silent > 0) terminal.say(`${silent === 1 ? '1 other process has' : `${String(silent)} other processes have`} not answered: what is open there is closed when it reads the control log again.`)
        if (sockets === 0) throw new CliError(`There is no session ${user === undefined ? 'with this id' : 'of this user'}: \`sallyport sessions list\` shows those that are open.`)
        return exitCodes.ok
      }),
    )
}
