import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { LoadedConfig, LoadOptions } from '../server/config/load-config.js'
import { operatorKeyForm, readOperatorKey } from '../server/operator-key.js'
import type { Offline } from '../server/offline.js'
import { CliError, sentenceOf } from './cli-error.js'
import { exitCodes, type ExitCode } from './exit-code.js'
import { createOperatorClient, ServerUnreachable, type OperatorClient } from './operator-client.js'
import type { Stdio } from './stdio.js'
import { createTerminal, visible, type Terminal, type TerminalOptions } from './terminal.js'

/** What every command works with. */
export interface Cli {
  readonly env: LoadOptions['env']
  readonly cwd: string
  readonly stdio: Stdio
  readonly now: () => number
  /** `--operator-key-file` of this command line. */
  operatorKeyFile?: string | undefined
  /** Exit code of the last command; 0 until one ran. */
  exitCode: ExitCode
  /** Whether stdout did not take all of the data, as on a full disk; said once. No command that lost data ends as a success. */
  dataLost: boolean
}

/**
 * Runs the body of a command: gives it a terminal, keeps its exit code, and turns what it throws into one line.
 *
 * @param command - The command as commander hands it over, with the global options.
 */
export const run = async (cli: Cli, command: Command, work: (terminal: Terminal) => Promise<ExitCode>): Promise<void> => {
  const terminal = createTerminal(cli.stdio, command.optsWithGlobals<TerminalOptions>(), (sentence) => {
    if (!cli.dataLost) cli.stdio.stderr.write(`${sentence}\n`)
    cli.dataLost = true
  })
  try {
    cli.exitCode = await work(terminal)
  } catch (error) {
    terminal.complain(sentenceOf(error))
    cli.exitCode = error instanceof CliError ? error.exitCode : exitCodes.failed
  }
}

/** @throws CliError (usage) that blames the option. */
const readKeyFile = async (cwd: string, path: string): Promise<string> => {
  const content = await readFile(resolve(cwd, path), 'utf8').catch(() => undefined)
  if (content === undefined) throw new CliError(`Cannot read --operator-key-file ${visible(path)}: name a file that is there and that you may read.`, exitCodes.usage)
  const key = content.trim()
  if (!operatorKeyForm.test(key)) throw new CliError(`--operator-key-file ${visible(path)} holds no key: it must be the 43 characters that \`sallyport operator add\` printed.`, exitCodes.usage)
  return key
}

/** The environment, with the key that the command line names in the place of another one. */
const envOf = async ({ env, cwd, operatorKeyFile }: Cli): Promise<Cli['env']> =>
  operatorKeyFile === undefined ? env : { ...env, SALLYPORT_OPERATOR_KEY: await readKeyFile(cwd, operatorKeyFile), SALLYPORT_OPERATOR_KEY_FILE: undefined }

/** Loads the configuration of the folder; heavy parts are loaded only by commands that need them. */
export const load = async (cli: Cli, mode: LoadOptions['mode'], flags: Readonly<Record<string, unknown>> = {}, over?: string): Promise<LoadedConfig> => {
  const { loadConfig } = await import('../server/config/load-config.js')
  return loadConfig({ mode, env: await envOf(cli), cwd: cli.cwd, flags, ...(over === undefined ? {} : { over }) })
}

const hostText = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** Where the command line looks for the internal port: an unspecified address is reached by loopback. */
const internalUrl = ({ host, port }: { readonly host: string; readonly port: number }): string => {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${hostText(reached)}:${port}`
}

/**
 * Connects to the running server of this folder, with the configured key of a named operator or that of the data folder.
 *
 * @throws ServerUnreachable when no server has ever been started here.
 */
export const connect = async (cli: Cli): Promise<OperatorClient> => {
  const { config } = await load(cli, 'tool')
  if (config.operatorKey !== undefined) return createOperatorClient(internalUrl(config.internal), config.operatorKey, { named: true })
  const url = internalUrl(config.internal)
  const key = await readOperatorKey(config.dataDir)
  if (key === undefined) throw new ServerUnreachable(url)
  return createOperatorClient(url, key)
}

/**
 * Does it through the running server or, when none answers, on the database itself, and says so.
 *
 * With the key of a named operator only through the server: nobody else looks at his role, and writes his name into the audit log.
 */
export const onServerOrFile = async <T>(
  cli: Cli,
  terminal: Terminal,
  online: (client: OperatorClient) => Promise<T>,
  offline: (database: Offline) => Promise<T>,
): Promise<T> => {
  let unanswered = 'No server answers: working'
  try {
    return await online(await connect(cli))
  } catch (error) {
    if (!(error instanceof ServerUnreachable)) throw error
    if (error.hangs) unanswered = `${error.message}. It may still do what it was asked. Working`
    const { config } = await load(cli, 'tool')
    if (config.operatorKey !== undefined) throw new CliError(`${error.message}. The database itself is for the owner of its folder: leave the key of a named operator out`, exitCodes.unreachable)
  }
  const { config } = await load(cli, 'tool')
  const { openOffline } = await import('../server/offline.js')
  const database = await openOffline(config, cli.now)
  terminal.say(`${unanswered} on the database ${config.storage.path} itself.`)
  try {
    return await offline(database)
  } finally {
    await database.close()
  }
}

/** What must have been answered; a 404 there means a server that does not know the question. */
export const demand = <T>(answer: T | undefined): T => {
  if (answer === undefined) throw new CliError('The server does not know this question; is it of another version?')
  return answer
}
