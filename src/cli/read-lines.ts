import type { Readable } from 'node:stream'
import type { Cli } from './cli.js'
import { CliError } from './cli-error.js'
import { openNamed } from './open-named.js'

/** Far more than any line we write; a longer one is another kind of file. */
const maxCharacters = 1_048_576

/** Lines as they are asked for. Node's readline would also end them at U+2028, which JSON holds as it is. */
async function* linesIn(input: Readable): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of input.setEncoding('utf8')) {
    const lines = `${rest}${String(chunk)}`.split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > maxCharacters) throw new CliError(`A line has more than ${maxCharacters} characters; is this the right file?`)
    yield* lines
  }
  if (rest !== '') yield rest
}

/**
 * Reads the lines of a file, or of stdin for `-`, in bounded memory.
 *
 * @throws CliError (usage) when it can't be read; CliError when a line is too long.
 */
export const readLines = async (cli: Cli, source: string): Promise<AsyncIterable<string>> => {
  if (source === '-') return linesIn(cli.stdio.stdin)
  return linesIn((await openNamed(cli, source)).createReadStream())
}
