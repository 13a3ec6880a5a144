import pino from 'pino'
import { classicLines, wordsOf } from './classic-line.js'
import { escapeEvent, escapeValue } from './escape.js'
import { levels, type Level, type LogEvent } from './log-event.js'
import { createSampler } from './sampler.js'

/** Where lines go; `sonic-boom` in the server, an array in tests. */
export interface LineSink {
  write(line: string): unknown
}

export interface LogOptions {
  readonly format: 'json' | 'pretty' | 'classic'
  readonly level: Level
  /** Default: standard output, not blocking, at most 8 MiB waiting; what does not fit is dropped and counted. */
  readonly sink?: LineSink
  readonly now?: () => number
}

/** Writes events as lines; never blocks, never throws. */
export interface Log {
  write(level: Exclude<Level, 'silent'>, event: LogEvent): void
  /** Whether lines of a level are written at all, so that nobody prepares what nobody reads. */
  writes(level: Exclude<Level, 'silent'>): boolean
  /** Lines that were dropped because nobody read. */
  readonly dropped: number
}

/** Characters that may wait for a reader. */
const maxWaiting = 8 * 1024 * 1024

export const createLog = ({ format, level, sink, now = Date.now }: LogOptions): Log => {
  const least = levels.indexOf(level)
  let dropped = 0
  const out = sink ?? standardOutput(() => (dropped += 1))
  const sampler = createSampler()
  const json = pino({ level, base: null, timestamp: () => `,"time":"${new Date(now()).toISOString()}"`, formatters: { level: (label) => ({ level: label }) } }, { write: (line: string) => out.write(line) })
  const colours = format === 'pretty' && sink === undefined && process.stdout.isTTY && process.env['NO_COLOR'] === undefined

  const writes = (wanted: Level): boolean => levels.indexOf(wanted) >= least && level !== 'silent'

  const put = (at: Exclude<Level, 'silent'>, event: LogEvent): void => {
    switch (format) {
      case 'json':
        json[at](escapeEvent(event))
        return
      case 'classic':
        for (const line of classicLines(event, at))
          if (writes(line.level)) out.write(`${line.logger.padEnd(20)} ${classicLevel[line.level].padEnd(8)} ${escapeValue(line.text)}\n`)
        return
      case 'pretty': {
        const words = wordsOf(escapeEvent(event))
        out.write(`${new Date(now()).toISOString().slice(11, 23)} ${colours ? colour[at] : ''}${at.toUpperCase().padEnd(5)}${colours ? '\u001b[0m' : ''} ${words}\n`)
      }
    }
  }

  return {
    writes,
    write(at, event) {
      // The classic words give some events a level of their own, so they are weighed line by line.
      if (format !== 'classic' && !writes(at)) return
      const unwritten = sampler.take(kindOf(event), now())
      if (unwritten === undefined) return
      if (unwritten > 0 && writes('warn')) put('warn', { event: 'repeated', of: kindOf(event), times: unwritten })
      put(at, event)
    },
    get dropped() {
      return dropped
    },
  }
}

const classicLevel: Readonly<Record<Level, string>> = { debug: 'DEBUG', info: 'INFO', warn: 'WARNING', error: 'ERROR', silent: '' }
const colour: Readonly<Record<Exclude<Level, 'silent'>, string>> = { debug: '\u001b[2m', info: '\u001b[36m', warn: '\u001b[33m', error: '\u001b[31m' }

const kindOf = (event: LogEvent): string => ('reason' in event && event.reason !== undefined ? `${event.event} ${event.reason}` : event.event)

const standardOutput = (onDrop: () => void): LineSink => {
  const destination = pino.destination({ dest: 1, sync: false, minLength: 0, maxLength: maxWaiting })
  destination.on('drop', onDrop)
  // A reader that went away is no reason to fail.
  destination.on('error', () => undefined)
  return destination
}
