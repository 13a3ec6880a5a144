import type { z } from 'zod'
import { dangersInWords } from '../server/dangers-in-words.js'
import { looksLikeToken } from '../server/http/fields.js'
import type { banImport } from './answers.js'
import { parseBanLine, type BanLine, type BanLineDefaults } from './parse-ban-line.js'
import { visible, type Terminal } from './terminal.js'

/** What became of a list. */
export interface ImportedList {
  readonly added: number
  /** Equal to a ban in force. */
  readonly unchanged: number
  readonly ended: number
  /** Too dangerous without `--force`. */
  readonly refused: number
  /** Lines that are no ban. */
  readonly bad: number
  readonly sockets: number
}

export interface ImportOptions {
  readonly defaults: BanLineDefaults
  /** Stores one part; its answer counts by the places in that part. */
  readonly store: (bans: readonly BanLine[]) => Promise<z.infer<typeof banImport>>
}

/** One part stays under both limits of the internal port: 1,000 bans and 256 KiB. */
const partSize = 1_000
const partBytes = 240 * 1024
const progressEvery = 10_000

interface Numbered {
  readonly line: number
  readonly text: string
  readonly ban: BanLine
}

/**
 * Without the line end that other systems write, and the mark that a file of theirs may begin with: white space to `trim`, both. What is complained of goes into logs,
 * so no token is repeated.
 */
const shown = (text: string): string => {
  const line = text.trim()
  if (looksLikeToken(line)) return 'not shown, as it holds a token'
  return visible(line.length > 100 ? `${line.slice(0, 100)}…` : line)
}

/**
 * Stores a list of bans in parts, as it is read.
 *
 * Lines that are no ban, and dangerous ones without force, are complained of by number and text; nothing is stored for them, the others are.
 */
export const importBans = async (lines: AsyncIterable<string>, terminal: Terminal, { defaults, store }: ImportOptions): Promise<ImportedList> => {
  const total = { added: 0, unchanged: 0, ended: 0, refused: 0, bad: 0, sockets: 0 }
  let part: Numbered[] = []
  let bytes = 0
  let line = 0

  const refuse = ({ line: number, text }: Omit<Numbered, 'ban'>, dangers: readonly string[]): void => {
    total.refused += 1
    terminal.complain(`line ${number}: ${shown(text)}: not banned, as ${dangersInWords(dangers)}; add --force when it is meant`)
  }
  let underWay: Promise<void> = Promise.resolve()
  /** Sends a part once the one before is stored; the next lines are read meanwhile. */
  const send = async (): Promise<void> => {
    await underWay
    if (part.length === 0) return
    const sent = part
    part = []
    bytes = 0
    underWay = keep(sent)
    // Whoever waits for it next hears of its failure.
    underWay.catch(() => undefined)
  }
  const keep = async (sent: readonly Numbered[]): Promise<void> => {
    const { added, unchanged, ended, refused, sockets = 0 } = await store(sent.map(({ ban }) => ban))
    total.added += added
    total.unchanged += unchanged
    total.ended += ended
    total.sockets += sockets
    for (const { index, dangers } of refused) {
      const numbered = sent[index]
      if (numbered !== undefined) refuse(numbered, dangers)
    }
  }

  for await (const text of lines) {
    line += 1
    if (line % progressEvery === 0) terminal.say(`${line} lines read, ${total.added} bans stored`)
    const parsed = parseBanLine(text, defaults)
    if (parsed.kind === 'empty') continue
    if (parsed.kind === 'bad') {
      total.bad += 1
      terminal.complain(`line ${line}: ${shown(text)}: ${parsed.fault}`)
      continue
    }
    const { ban } = parsed
    const size = Buffer.byteLength(JSON.stringify(ban)) + 1
    if (part.length === partSize || bytes + size > partBytes) await send()
    part.push({ line, text, ban })
    bytes += size
  }
  await send()
  await underWay
  return total
}
