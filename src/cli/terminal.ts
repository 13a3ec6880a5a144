import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { CliError } from './cli-error.js'
import { exitCodes } from './exit-code.js'
import type { Stdio } from './stdio.js'

/** Where a command speaks: data to stdout, talk to stderr. */
export interface Terminal {
  /** Whether data is written as JSON. */
  readonly json: boolean
  /** A value for programs with `--json`, else its text for people. */
  data(value: unknown, text: string): void
  /** Talk; left out with `--quiet`. */
  say(text: string): void
  /** Why it failed; said even with `--quiet`. */
  complain(text: string): void
  /** @throws CliError (usage) when nobody is there to ask and `--yes` was not given, or the answer is no. */
  confirm(question: string): Promise<void>
}

/** Control and direction characters as `\x1b`: what strangers sent must not move the operator's cursor. */
export const visible = (text: string): string =>
  // oxlint-disable-next-line eslint/no-control-regex -- control characters are what is looked for
  text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    const code = character.codePointAt(0) ?? 0
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`
  })

export interface TerminalOptions {
  readonly json?: boolean | undefined
  readonly quiet?: boolean | undefined
  readonly yes?: boolean | undefined
}

/** A reader that went away early, such as `head`, wants no more: that is no fault. */
const unread = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED'])

/** Whoever keeps data in a file must not take what is cut off for all of it. */
const lossOf = (error: Error | null | undefined): string | undefined => {
  if (error === undefined || error === null) return undefined
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'an unknown error'
  if (unread.has(code)) return undefined
  const why = code === 'ENOSPC' ? 'the disk is full; free some space, and run the command again' : `the system answered ${code}`
  return `Cannot write all of the data to stdout: ${why}`
}

/** @param lost - Told why data was not taken, as often as it was not. */
export const createTerminal = ({ stdin, stdout, stderr }: Stdio, { json = false, quiet = false, yes = false }: TerminalOptions, lost: (sentence: string) => void): Terminal => ({
  json,
  data(value, text) {
    stdout.write(`${json ? JSON.stringify(value) : text}\n`, (error) => {
      const loss = lossOf(error)
      if (loss !== undefined) lost(loss)
    })
  },
  say(text) {
    if (!quiet) stderr.write(`${text}\n`)
  },
  complain(text) {
    stderr.write(`${text}\n`)
  },
  async confirm(question) {
    if (yes) return
    if (stdin.isTTY !== true) throw new CliError(`${question} Nobody is there to ask: add --yes`, exitCodes.usage)
    const lines = createInterface({ input: stdin, output: stderr })
    try {
      const answer = await lines.question(`${question} [y/N] `)
      if (!/^y(?:es)?$/i.test(answer.trim())) throw new CliError('Nothing was changed.')
    } finally {
      lines.close()
    }
  },
})

/** Asks for a line that is not shown while it is typed. */
export const askSecret = async ({ stdin, stderr }: Stdio, question: string): Promise<string> => {
  stderr.write(question)
  const nowhere = new Writable({
    write(_chunk, _encoding, done) {
      done()
    },
  })
  const lines = createInterface({ input: stdin, output: nowhere, terminal: true })
  try {
    return await lines.question('')
  } finally {
    lines.close()
    stderr.write('\n')
  }
}
