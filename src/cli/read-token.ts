import { looksLikeToken } from '../server/http/fields.js'
import type { Cli } from './cli.js'
import { CliError } from './cli-error.js'
import { exitCodes } from './exit-code.js'
import { openNamed } from './open-named.js'
import { askSecret } from './terminal.js'

const maxTokenBytes = 16_384
const tokenForm = /^[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/

const tooLong = (): CliError => new CliError(`A token has at most ${maxTokenBytes} bytes.`, exitCodes.usage)

/** Reads a secret from stdin, up to `maxTokenBytes`. */
export const fromStdin = async ({ stdio: { stdin } }: Cli): Promise<string> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stdin) {
    const part: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))
    bytes += part.length
    if (bytes > maxTokenBytes) throw tooLong()
    chunks.push(part)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/**
 * Reads a secret from a file, up to `maxTokenBytes`.
 *
 * @throws CliError (usage) when it can't be read or is too long.
 */
export const fromFile = async (cli: Cli, path: string): Promise<string> => {
  const file = await openNamed(cli, path)
  try {
    const { size } = await file.stat()
    if (size > maxTokenBytes) throw tooLong()
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/**
 * Reads a token from where an argument names it, never from the argument itself: arguments are seen by every process of the machine.
 *
 * @param source - `-` for stdin, the path of a file, or `undefined` for a prompt, and for stdin when nobody is there to ask.
 * @throws CliError (usage) when the argument is itself a token, or nothing was given.
 */
export const readToken = async (cli: Cli, source: string | undefined): Promise<string> => {
  if (source !== undefined && (tokenForm.test(source) || looksLikeToken(source))) {
    throw new CliError('A token never goes on the command line, where every process can read it: use - for stdin, or a file.', exitCodes.usage)
  }
  const prompted = source === undefined && cli.stdio.stdin.isTTY === true
  const text = prompted ? await askSecret(cli.stdio, 'Token: ') : source === undefined || source === '-' ? await fromStdin(cli) : await fromFile(cli, source)
  const token = text.trim()
  if (token === '') throw new CliError('No token was given.', exitCodes.usage)
  return token
}
