import { stderr } from 'node:process'
import { Command, CommanderError } from 'commander'
import { version } from '../server/version.js'
import type { Cli } from './cli.js'
import { addAuditCommands } from './commands/audit.js'
import { addBanCommands } from './commands/ban.js'
import { addConfigCommands } from './commands/config.js'
import { addDatabaseCommands } from './commands/db.js'
import { addDevCommand } from './commands/dev.js'
import { addDoctorCommand } from './commands/doctor.js'
import { addDryRunCommand } from './commands/dry-run.js'
import { addExplainCommand } from './commands/explain.js'
import { addInfoCommand } from './commands/info.js'
import { addOperatorCommands } from './commands/operator.js'
import { addReplayCommand } from './commands/replay.js'
import { addSecretCommand } from './commands/secret.js'
import { addServeCommand } from './commands/serve.js'
import { addSessionCommands } from './commands/sessions.js'
import { addTailCommand } from './commands/tail.js'
import { addTokenCommands } from './commands/token.js'
import { addUserCommands } from './commands/user.js'
import { addVersionCommand } from './commands/version.js'
import { CliError } from './cli-error.js'
import { exitCodes, type ExitCode } from './exit-code.js'

const exitHelp = `
Exit codes: 0 ok, 1 failed start, configuration or operation, 2 usage, 3 unclean stop, 4 the check said no, 5 server unreachable.`

/** The whole command line. */
const createProgram = (cli: Cli): Command => {
  const program = new Command('sallyport')
    .description('A gate for WebSockets: who gets a socket, for how long, and why not.')
    .version(version, '--version', 'print the version of this program')
    .exitOverride()
    .option('--json', 'data as JSON')
    .option('--quiet', 'no talk on stderr, only failures')
    .option('--yes', 'ask nothing')
    .option('--operator-key-file <path>', 'speak to the server with the key in this file, that of a named operator, instead of operator.key')
    .hook('preAction', (_program, command) => {
      cli.operatorKeyFile = command.optsWithGlobals<{ readonly operatorKeyFile?: string }>().operatorKeyFile
    })
    .addHelpText('after', exitHelp)
  addDevCommand(program, cli)
  addServeCommand(program, cli)
  addConfigCommands(program, cli)
  addSecretCommand(program, cli)
  addTokenCommands(program, cli)
  addExplainCommand(program, cli)
  addTailCommand(program, cli)
  addReplayCommand(program, cli)
  addDryRunCommand(program, cli)
  addAuditCommands(program, cli)
  addOperatorCommands(program, cli)
  addBanCommands(program, cli)
  addUserCommands(program, cli)
  addSessionCommands(program, cli)
  addDatabaseCommands(program, cli)
  addDoctorCommand(program, cli)
  addInfoCommand(program, cli)
  addVersionCommand(program, cli)
  return program
}

/** Runs one command line and answers its exit code; commander has said itself what was wrong with the words. */
export const runProgram = async (words: readonly string[], cli: Cli): Promise<ExitCode> => {
  try {
    await createProgram(cli).parseAsync([...words], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
    if (error instanceof CliError) {
      stderr.write(`${error.message}\n`)
      return error.exitCode
    }
    throw error
  }
  return cli.exitCode
}
