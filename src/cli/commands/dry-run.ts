import type { Command } from 'commander'
import type { z } from 'zod'
import { dryRunReport } from '../answers.js'
import { connect, demand, run, type Cli } from '../cli.js'
import { table, timeText } from '../describe.js'
import { exitCodes } from '../exit-code.js'

type Row = z.infer<typeof dryRunReport>['items'][number]

/** Those it concerns most, in a few words. */
const most = ({ users, addresses }: Row): string =>
  [...users.slice(0, 3).map(({ name, count }) => `user ${name} ${count}`), ...addresses.slice(0, 3).map(({ name, count }) => `${name} ${count}`)].join(', ')

/** `dry-run`: whom rules that run dry would refuse, and whom those in force refuse. */
export const addDryRunCommand = (program: Command, cli: Cli): void => {
  program
    .command('dry-run')
    .description('whom rules in dry-run would newly refuse, and whom rules in force refuse, since the start of the server')
    .option('--all', 'also rules that concerned nobody')
    .action(async ({ all = false }: { readonly all?: boolean }, command: Command) =>
      run(cli, command, async (terminal) => {
        const client = await connect(cli)
        const report = demand(await client.ask(dryRunReport, 'GET', '/api/v1/dry-run'))
        const rows = report.items.filter((row) => all || row.mode === 'dry-run' || row.refused > 0)
        const shown = rows.map((row) => [row.rule, row.mode, String(row.wouldRefuse), String(row.refusedAnyway), String(row.refused), most(row)])
        terminal.say(`Since ${timeText(report.since)}.`)
        terminal.data(report, table([['rule', 'mode', 'would refuse', 'refused anyway', 'refused', 'most'], ...shown]))
        return exitCodes.ok
      }),
    )
}
