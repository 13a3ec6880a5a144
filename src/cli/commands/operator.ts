import { InvalidArgumentError, Option, type Command } from 'commander'
import type { OperatorRole } from '../../server/operator-keys.js'
import { load, run, type Cli } from '../cli.js'
import { CliError } from '../cli-error.js'
import { table, timeText } from '../describe.js'
import { exitCodes } from '../exit-code.js'

const parseName = (text: string): string => {
  if (!/^[\w.@-]{1,64}$/.test(text)) throw new InvalidArgumentError('It must be 1 to 64 letters, digits or . _ @ -')
  return text
}

/** `operator add | list | remove`: keys for people, in the data folder; the server need not run. */
export const addOperatorCommands = (program: Command, cli: Cli): void => {
  const operators = program.command('operator').description('keys of named operators, for the internal port')
  const keys = () => import('../../server/operator-keys.js')

  operators
    .command('add')
    .description('make a key for somebody, and print it this once')
    .argument('<name>', 'as the audit log shows it', parseName)
    .addOption(new Option('--role <role>', 'viewer looks; moderator also bans, revokes and ends sessions; admin does everything').choices(['viewer', 'moderator', 'admin']).default('viewer'))
    .action(async (name: string, { role }: { readonly role: OperatorRole }, command: Command) =>
      run(cli, command, async (terminal) => {
        const { config } = await load(cli, 'tool')
        const key = await (await keys()).addOperator(config.dataDir, name, role, cli.now())
        terminal.data({ name, role, key }, key)
        terminal.say('It is shown only now. In a file, it is for --operator-key-file and SALLYPORT_OPERATOR_KEY_FILE; a program sends it to the internal port as Authorization: Bearer.')
        return exitCodes.ok
      }),
    )

  operators
    .command('list')
    .description('who has a key')
    .action(async (_options: unknown, command: Command) =>
      run(cli, command, async (terminal) => {
        const { config } = await load(cli, 'tool')
        const items = (await (await keys()).readOperators(config.dataDir)).map(({ name, role, createdAt }) => ({ name, role, createdAt }))
        if (items.length > 0 || terminal.json) terminal.data({ items }, table(items.map(({ name, role, createdAt }) => [name, role, `since ${timeText(createdAt)}`])))
        return exitCodes.ok
      }),
    )

  operators
    .command('remove')
    .description("take somebody's key away, within a second")
    .argument('<name>', 'as the list shows it', parseName)
    .action(async (name: string, _options: unknown, command: Command) =>
      run(cli, command, async (terminal) => {
        const { config } = await load(cli, 'tool')
        if (!(await (await keys()).removeOperator(config.dataDir, name))) throw new CliError(`There is no operator ${name}.`)
        terminal.data({ name }, name)
        return exitCodes.ok
      }),
    )
}
