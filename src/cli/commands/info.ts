import type { Command } from 'commander'
import { record } from '../answers.js'
import { connect, demand, run, type Cli } from '../cli.js'
import { table, timeText } from '../describe.js'
import { exitCodes } from '../exit-code.js'

/** Times are epoch milliseconds in the answer, and are read by people here. */
const shown = (name: string, value: unknown): string => {
  if (typeof value === 'number' && name.endsWith('At')) return timeText(value)
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

/** `info`: what the running server says of itself. */
export const addInfoCommand = (program: Command, cli: Cli): void => {
  program
    .command('info')
    .description('what the running server says of itself')
    .action(async (_options: unknown, command: Command) =>
      run(cli, command, async (terminal) => {
        const client = await connect(cli)
        const info = demand(await client.ask(record, 'GET', '/api/v1/info'))
        const rows = Object.entries(info).map(([name, value]) => [name, shown(name, value)])
        terminal.data(info, table(rows))
        return exitCodes.ok
      }),
    )
}
