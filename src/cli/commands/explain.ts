import type { Command } from 'commander'
import { decision } from '../answers.js'
import { readAddress, readOrigin, readPath } from '../arguments.js'
import { connect, demand, run, type Cli } from '../cli.js'
import { CliError } from '../cli-error.js'
import { describeDecision } from '../describe.js'
import { exitCodes } from '../exit-code.js'
import { readToken } from '../read-token.js'

interface ExplainOptions {
  readonly path?: string
  readonly ip?: string
  readonly origin?: string
  readonly token?: string
}

/** `explain <id>` opens a past decision; `explain --path …` asks the same evaluator about a handshake that nobody made. */
export const addExplainCommand = (program: Command, cli: Cli): void => {
  program
    .command('explain')
    .description('say why a handshake was, or would be, admitted or refused')
    .argument('[id]', 'id of a decision, from the log, the problem body or the close reason')
    .option('--path <path>', 'path of a handshake nobody made, such as /ws/', readPath)
    .option('--ip <address>', 'its client address (default: 127.0.0.1)', readAddress)
    .option('--origin <origin>', 'its Origin; none when left out', readOrigin)
    .option('--token <source>', 'its token: - for stdin, or a file')
    .action(async (id: string | undefined, options: ExplainOptions, command: Command) =>
      run(cli, command, async (terminal) => {
        const { path, ip = '127.0.0.1', origin, token: source } = options
        if ((id === undefined) === (path === undefined)) throw new CliError('Name either the id of a decision, or --path.', exitCodes.usage)
        if (id !== undefined) {
          const client = await connect(cli)
          const found = await client.ask(decision, 'GET', `/api/v1/decisions/${encodeURIComponent(id)}`)
          if (found === undefined) throw new CliError('This server does not know the decision: it keeps only the newest, and only since its start.')
          terminal.data(found, describeDecision(found))
          return exitCodes.ok
        }
        const token = source === undefined ? undefined : await readToken(cli, source)
        const client = await connect(cli)
        const report = demand(await client.ask(decision, 'POST', '/api/v1/explanations', { path, address: ip, origin, token }))
        terminal.data(report, describeDecision(report))
        // Asked about from the address of a proxy, which comes for somebody else.
        if (report.outcome === 'denied' && report.reason === 'bad_forwarding') terminal.say(`${ip} is a trusted proxy of this server, and none that forwards nobody is let in: name the address of the client with --ip.`)
        return report.outcome === 'admitted' ? exitCodes.ok : exitCodes.no
      }),
    )
}
