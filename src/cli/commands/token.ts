import type { Command } from 'commander'
import { reach, tokenReport } from '../answers.js'
import { hoursToMs, parseHours, parseMoment, readTokenId, readUserId } from '../arguments.js'
import { connect, demand, load, run, type Cli } from '../cli.js'
import { CliError } from '../cli-error.js'
import { describeToken, reachText } from '../describe.js'
import { exitCodes } from '../exit-code.js'
import { readToken } from '../read-token.js'

interface RevokeOptions {
  readonly id?: string
  readonly user?: string
  readonly before?: number
}

const sourceHelp = '- for stdin, or a file; a prompt when left out'

/** `token mint | check | revoke`; a token is never an argument. */
export const addTokenCommands = (program: Command, cli: Cli): void => {
  const tokens = program.command('token').description('make, judge and end tokens')

  tokens
    .command('mint')
    .description('print a token for a user, signed with the configured secret')
    .requiredOption('--user <id>', 'user id', readUserId)
    .option('--hours <number>', 'how long it lives', parseHours, 12)
    .action(async ({ user, hours }: { readonly user: string; readonly hours: number }, command: Command) =>
      run(cli, command, async (terminal) => {
        const { config } = await load(cli, 'tool')
        const { issueToken } = await import('../../server/issue-token.js')
        const token = await issueToken(config, user, hoursToMs(hours), cli.now())
        terminal.data({ token }, token)
        return exitCodes.ok
      }),
    )

  tokens
    .command('check')
    .description('say what the running server makes of a token')
    .argument('[source]', sourceHelp)
    .action(async (source: string | undefined, _options: unknown, command: Command) =>
      run(cli, command, async (terminal) => {
        const token = await readToken(cli, source)
        const client = await connect(cli)
        const report = demand(await client.ask(tokenReport, 'POST', '/api/v1/token-checks', { token }))
        terminal.data(report, describeToken(report))
        return report.accepted ? exitCodes.ok : exitCodes.no
      }),
    )

  tokens
    .command('revoke')
    .description('end a token before its time, or everything issued to a user before a moment')
    .argument('[source]', sourceHelp)
    .option('--id <id>', 'its id (jti) instead of the token itself', readTokenId)
    .option('--user <id>', 'everything issued to this user before now, or before --before', readUserId)
    .option('--before <time>', 'with --user: what was issued before this moment, such as 2026-01-15T12:00:00Z', parseMoment)
    .action(async (source: string | undefined, { id, user, before }: RevokeOptions, command: Command) =>
      run(cli, command, async (terminal) => {
        if ([source, id, user].filter((each) => each !== undefined).length > 1) {
          throw new CliError('Name one of: a source, --id, --user.', exitCodes.usage)
        }
        if (before !== undefined && user === undefined) throw new CliError('--before goes with --user <id>: a single token is ended as a whole.', exitCodes.usage)
        if (before !== undefined && before > cli.now()) throw new CliError('--before lies ahead: what is not issued yet can not be ended.', exitCodes.usage)
        const revoke = async (body: object): Promise<typeof exitCodes.ok> => {
          const client = await connect(cli)
          const reached = demand(await client.ask(reach, 'POST', '/api/v1/revocations', body))
          terminal.data(reached, String(reached.sockets))
          terminal.say(`Revoked${reachText(reached)}.`)
          return exitCodes.ok
        }
        if (user !== undefined) return revoke({ userId: user, ...(before === undefined ? {} : { beforeAt: before }) })
        if (id !== undefined) return revoke({ tokenId: id })

        const token = await readToken(cli, source)
        const client = await connect(cli)
        const report = demand(await client.ask(tokenReport, 'POST', '/api/v1/token-checks', { token }))
        if (!report.accepted) {
          terminal.data(report, describeToken(report))
          terminal.say('The server does not accept this token anyway; nothing was revoked.')
          return exitCodes.no
        }
        if (report.tokenId === undefined) throw new CliError('This token has no id, so it cannot be revoked alone: use --user.')
        return revoke({ tokenId: report.tokenId, ...(report.expiresAt === undefined ? {} : { untilAt: report.expiresAt }) })
      }),
    )
}
