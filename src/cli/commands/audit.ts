import type { Command } from 'commander'
import { auditList, undone } from '../answers.js'
import { readAuditWord, readNumber } from '../arguments.js'
import { connect, demand, run, type Cli } from '../cli.js'
import { CliError } from '../cli-error.js'
import { reachText, table, timeText } from '../describe.js'
import { exitCodes } from '../exit-code.js'
import { ownAddressOf } from '../own-address.js'

interface AuditOptions {
  readonly actor?: string
  readonly action?: string
  readonly subject?: string
  readonly before?: number
  readonly count: number
}

/** `audit` lists who changed what; `undo` takes one change back. */
export const addAuditCommands = (program: Command, cli: Cli): void => {
  program
    .command('audit')
    .description('who changed what, newest first')
    .option('--actor <name>', 'only by this actor', readAuditWord)
    .option('--action <name>', 'only such as ban.add', readAuditWord)
    .option('--subject <name>', 'only about this, such as network:203.0.113.0/24 or user:7', readAuditWord)
    .option('--before <id>', 'only lines older than this one', readNumber())
    .option('--count <number>', 'so many lines, at most 1000', readNumber(1_000), 50)
    .action(async ({ count, before, ...filter }: AuditOptions, command: Command) =>
      run(cli, command, async (terminal) => {
        const client = await connect(cli)
        const query = new URLSearchParams({ ...filter, limit: String(count), ...(before === undefined ? {} : { before: String(before) }) }).toString()
        const { items, next } = demand(await client.ask(auditList, 'GET', `/api/v1/audit?${query}`))
        if (items.length > 0 || terminal.json) {
          terminal.data({ items, next }, table(items.map(({ id, at, actor, address = '–', action, subject }) => [String(id), timeText(at), actor, address, action, subject])))
        }
        if (next !== undefined) terminal.say(`Older ones: --before ${next}`)
        return exitCodes.ok
      }),
    )

  program
    .command('undo')
    .description('take back a change that `audit` lists: a ban, a lift, a user who was enabled or disabled')
    .argument('<id>', 'its number in the list', readNumber())
    .option('--force', 'also a ban that would lock out an operator, a proxy or a network of bans.allow')
    .action(async (id: number, { force = false }: { readonly force?: boolean }, command: Command) =>
      run(cli, command, async (terminal) => {
        const client = await connect(cli)
        const answer = await client.ask(undone, 'POST', `/api/v1/audit/${String(id)}/undo`, { force, ownAddress: ownAddressOf(cli.env) })
        if (answer === undefined) throw new CliError(`There is no line ${String(id)} in the audit log.`)
        terminal.data(answer, `${answer.action} ${answer.subject}`)
        terminal.say(`Undone${reachText(answer)}.`)
        return exitCodes.ok
      }),
    )
}
