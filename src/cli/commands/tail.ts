import { Option, type Command } from 'commander'
import { decision, dropped } from '../answers.js'
import { readEndpoint, readNetwork, readNumber, readReason, readUserId } from '../arguments.js'
import { connect, run, type Cli } from '../cli.js'
import { decisionLine } from '../describe.js'
import { exitCodes } from '../exit-code.js'

interface TailOptions {
  readonly outcome?: string
  readonly reason?: string
  readonly address?: string
  readonly user?: string
  readonly endpoint?: string
  readonly count?: number
}

/** `tail`: decisions as they are made, until the server stops or Ctrl-C. */
export const addTailCommand = (program: Command, cli: Cli): void => {
  program
    .command('tail')
    .description('show decisions as they are made, one a line')
    .addOption(new Option('--outcome <outcome>', 'only these').choices(['admitted', 'denied']))
    .option('--reason <reason>', 'only refusals for this reason, such as token_expired', readReason)
    .option('--address <network>', 'only from this address or range', readNetwork)
    .option('--user <id>', 'only of this user', readUserId)
    .option('--endpoint <name>', 'only for this endpoint', readEndpoint)
    .option('--count <number>', 'end after so many', readNumber())
    .action(async ({ user, count, ...filter }: TailOptions, command: Command) =>
      run(cli, command, async (terminal) => {
        const query = new URLSearchParams({ ...filter, ...(user === undefined ? {} : { userId: user }) }).toString()
        const client = await connect(cli)
        let shown = 0
        for await (const line of client.follow(dropped.or(decision), `/api/v1/decision-stream?${query}`)) {
          if ('dropped' in line && typeof line.dropped === 'number') {
            terminal.complain(`${line.dropped} decisions are missing here: they came faster than they were read.`)
            // A recording says itself what it misses.
            if (terminal.json) terminal.data({ dropped: line.dropped }, '')
            continue
          }
          const report = decision.parse(line)
          terminal.data(report, decisionLine(report))
          shown += 1
          if (shown === count) return exitCodes.ok
        }
        terminal.complain('The server has ended the stream.')
        return exitCodes.unreachable
      }),
    )
}
