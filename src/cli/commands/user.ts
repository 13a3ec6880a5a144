import { InvalidArgumentError, Option, type Command } from 'commander'
import { reach, user, userChanged, userList } from '../answers.js'
import { readEmail, readNewUserId, readUserId } from '../arguments.js'
import { connect, demand, onServerOrFile, run, type Cli } from '../cli.js'
import { CliError } from '../cli-error.js'
import { describeUser, reachText, table } from '../describe.js'
import { exitCodes } from '../exit-code.js'
import { readPassword } from '../read-password.js'
import type { Terminal } from '../terminal.js'

interface AddOptions {
  readonly email: string
  readonly id?: string
  readonly role: 'owner' | 'admin' | 'agent'
  readonly password?: string | true
}

const noSuchUser = 'There is no user with this id: `sallyport user list` shows them.'
const passwordHelp = '- for stdin, or a file; a prompt when left out'

const parseWorkspace = (text: string): string => {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('It must be the number of a workspace.')
  return text
}

/** Sets a password where the user is: `undefined` when there is no such user. */
const setPassword = (cli: Cli, terminal: Terminal, id: string, password: string) =>
  onServerOrFile(
    cli,
    terminal,
    (client) => client.ask(userChanged, 'PUT', `/api/v1/users/${encodeURIComponent(id)}/password`, { password }),
    async (database) => {
      const answer = await database.setUserPassword(id, password, { name: 'cli' })
      return answer === undefined ? undefined : userChanged.parse(answer)
    },
  )

/** `user add | password | disable | enable | list`: also on the database itself, when no server answers; `changed` needs a server. */
export const addUserCommands = (program: Command, cli: Cli): void => {
  const users = program.command('user').description('users of our own table')

  users
    .command('add')
    .description('add a user')
    .requiredOption('--email <email>', 'compared without regard to case', readEmail)
    .option('--id <id>', 'what tokens name as their subject; default the next free number', readNewUserId)
    .addOption(new Option('--role <role>', 'role in the oldest workspace').choices(['owner', 'admin', 'agent']).default('agent'))
    .option('--password [source]', `set a password: ${passwordHelp}`)
    .action(async ({ email, id, role, password: source }: AddOptions, command: Command) =>
      run(cli, command, async (terminal) => {
        // Read first: a password that will not do adds nobody.
        const password = source === undefined ? undefined : await readPassword(cli, source === true ? undefined : source)
        const wanted = { email, role, ...(id === undefined ? {} : { id }) }
        const added = await onServerOrFile(
          cli,
          terminal,
          async (client) => demand(await client.ask(user, 'POST', '/api/v1/users', wanted)),
          async (database) => user.parse(await database.addUser(wanted, { name: 'cli' })),
        )
        if (password !== undefined) await setPassword(cli, terminal, added.id, password)
        terminal.data(added, table([describeUser(added)]))
        return exitCodes.ok
      }),
    )

  users
    .command('password')
    .description('set the password of a user, and end what was begun with the old one')
    .argument('<id>', 'user id', readUserId)
    .argument('[source]', passwordHelp)
    .action(async (id: string, source: string | undefined, _options: unknown, command: Command) =>
      run(cli, command, async (terminal) => {
        const changed = await setPassword(cli, terminal, id, await readPassword(cli, source))
        if (changed === undefined) throw new CliError(noSuchUser)
        terminal.data(changed, table([describeUser(changed.user)]))
        terminal.say(`The password is set${reachText(changed)}.`)
        return exitCodes.ok
      }),
    )

  const change = (name: 'disable' | 'enable', description: string): void => {
    users
      .command(name)
      .description(description)
      .argument('<id>', 'user id', readUserId)
      .option('--workspace <number>', 'only as a member of this workspace', parseWorkspace)
      .action(async (id: string, { workspace }: { readonly workspace?: string }, command: Command) =>
        run(cli, command, async (terminal) => {
          const active = name === 'enable'
          const changed = await onServerOrFile(
            cli,
            terminal,
            (client) => client.ask(userChanged, 'PATCH', `/api/v1/users/${encodeURIComponent(id)}`, { active, ...(workspace === undefined ? {} : { workspace }) }),
            async (database) => {
              const by = { name: 'cli' }
              const answer = workspace === undefined ? await database.setUserActive(id, active, by) : await database.setMemberActive(id, workspace, active, by)
              return answer === undefined ? undefined : userChanged.parse(answer)
            },
          )
          if (changed === undefined) throw new CliError(workspace === undefined ? noSuchUser : 'There is no user with this id in this workspace.')
          terminal.data(changed, table([describeUser(changed.user)]))
          terminal.say(`${active ? 'Enabled' : 'Disabled'}${reachText(changed)}.`)
          return exitCodes.ok
        }),
      )
  }
  change('disable', 'refuse every handshake of a user and close the live sockets')
  change('enable', 'let a disabled user in again')

  users
    .command('changed')
    .description('look a user up again who was changed in the database of users.url, on every node, and close the sockets that may not stay')
    .argument('<id>', 'user id', readUserId)
    .action(async (id: string, _options: unknown, command: Command) =>
      run(cli, command, async (terminal) => {
        const client = await connect(cli)
        const reached = demand(await client.ask(reach, 'POST', '/api/v1/user-changes', { userId: id }))
        terminal.data(reached, String(reached.sockets))
        terminal.say(`Looked up again${reachText(reached)}.`)
        return exitCodes.ok
      }),
    )

  users
    .command('list')
    .description('users in the order they were added')
    .action(async (_options: unknown, command: Command) =>
      run(cli, command, async (terminal) => {
        const { items } = await onServerOrFile(
          cli,
          terminal,
          async (client) => demand(await client.ask(userList, 'GET', '/api/v1/users')),
          async (database) => ({ items: (await database.users()).map((each) => user.parse(each)) }),
        )
        if (terminal.json || items.length > 0) terminal.data({ items }, table(items.map(describeUser)))
        else terminal.say('There are no users.')
        return exitCodes.ok
      }),
    )
}
