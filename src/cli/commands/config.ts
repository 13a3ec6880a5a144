import type { Command } from 'commander'
import { load, run, type Cli } from '../cli.js'
import { table } from '../describe.js'
import { exitCodes } from '../exit-code.js'

const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? '(unset)'))

/** `config check | env | print`. */
export const addConfigCommands = (program: Command, cli: Cli): void => {
  const config = program.command('config').description('the configuration, checked and explained')

  config
    .command('check')
    .description('check the configuration as `serve` would, listing every problem')
    .option('--dev', 'as `dev` would')
    .action(async ({ dev }: { readonly dev?: boolean }, command: Command) =>
      run(cli, command, async (terminal) => {
        const { warnings } = await load(cli, dev === true ? 'dev' : 'serve')
        for (const warning of warnings) terminal.say(`warning: ${warning}`)
        terminal.data({ ok: true, warnings }, 'ok')
        return exitCodes.ok
      }),
    )

  config
    .command('env')
    .description('print every environment variable with its default, as a .env file')
    .action(async (_options: unknown, command: Command) =>
      run(cli, command, async (terminal) => {
        const { envExample } = await import('../../server/config/describe.js')
        const text = envExample().trimEnd()
        terminal.data({ env: text }, text)
        return exitCodes.ok
      }),
    )

  config
    .command('print')
    .description('print every key with its value and where that comes from; secrets are masked')
    .action(async (_options: unknown, command: Command) =>
      run(cli, command, async (terminal) => {
        const { settings, warnings } = await load(cli, 'tool')
        for (const warning of warnings) terminal.say(`warning: ${warning}`)
        const rows = settings.map(({ path, value, source }) => [path, textOf(value), source])
        terminal.data(settings, table(rows))
        return exitCodes.ok
      }),
    )
}
