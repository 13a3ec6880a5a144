import { Command, CommanderError } from 'commander'
import { version } from '../server/version.js'
import type { Cli } from './cli.js'
import { CliError } from './cli-error.js'
import { exitCodes, type ExitCode } from './exit-code.js'
import { loadCommands } from './load-commands.js'

const exitHelp = `
Exit codes: 0 ok, 1 failed start, configuration or operation, 2 usage, 3 unclean stop, 4 the check said no, 5 server unreachable.`

/** The command line, with the commands that its words may mean. */
const createProgram = async (words: readonly string[], cli: Cli): Promise<Command> => {
  const program = new Command('sallyport')
    .description('A gate for WebSockets: who gets a socket, for how long, and why not.')
    .version(version, '--version', 'print the version of this program')
    .exitOverride()
    .configureOutput({ writeOut: (text) => cli.stdio.stdout.write(text), writeErr: (text) => cli.stdio.stderr.write(text) })
    .option('--json', 'data as JSON')
    .option('--quiet', 'no talk on stderr, only failures')
    .option('--yes', 'ask nothing')
    .option('--operator-key-file <path>', 'speak to the server with the key in this file, that of a named operator, instead of operator.key')
    .hook('preAction', (_program, command) => {
      cli.operatorKeyFile = command.optsWithGlobals<{ readonly operatorKeyFile?: string }>().operatorKeyFile
    })
    .addHelpText('after', exitHelp)
  for (const add of await loadCommands(words)) add(program, cli)
  return program
}

/** Runs one command line and answers its exit code; commander has said itself what was wrong with the words. */
export const runProgram = async (words: readonly string[], cli: Cli): Promise<ExitCode> => {
  try {
    const program = await createProgram(words, cli)
    await program.parseAsync([...words], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
    if (error instanceof CliError) {
      cli.stdio.stderr.write(`${error.message}\n`)
      return error.exitCode
    }
    throw error
  }
  return cli.exitCode
}
