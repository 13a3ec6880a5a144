import { passwordFault } from '../server/login/password-rule.js'
import type { Cli } from './cli.js'
import { CliError } from './cli-error.js'
import { exitCodes } from './exit-code.js'
import { fromFile, fromStdin } from './read-token.js'
import { askSecret } from './terminal.js'

const asked = async ({ stdio }: Cli): Promise<string> => {
  if (stdio.stdin.isTTY !== true) throw new CliError('Nobody is there to ask for a password: name - for stdin, or a file.', exitCodes.usage)
  const password = await askSecret(stdio, 'New password: ')
  if ((await askSecret(stdio, 'Once more: ')) !== password) throw new CliError('The two passwords differ; nothing was changed.')
  return password
}

/**
 * Reads a password to be set, never from an argument: arguments are seen by every process of the machine.
 *
 * @param source - `-` for stdin, the path of a file, or `undefined` for a prompt. One line end at the end is no part of it.
 * @throws CliError when it is too short or too long, or when nobody is there to ask.
 */
export const readPassword = async (cli: Cli, source: string | undefined): Promise<string> => {
  const text = source === undefined ? await asked(cli) : source === '-' ? await fromStdin(cli) : await fromFile(cli, source)
  const password = text.replace(/\r?\n$/, '')
  const fault = passwordFault(password)
  if (fault !== undefined) throw new CliError(fault, exitCodes.usage)
  return password
}
