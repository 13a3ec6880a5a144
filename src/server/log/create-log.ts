import pino from 'pino'
import { createBoundedSink, type LineSink } from './bounded-sink.js'
import { classicLines } from './classic-lines.js'
import { escapeEvent, escapeValue } from './escape.js'
import { levels, type Level, type LogEvent } from './log-event.js'
import { createSampler } from './sampler.js'
import { wordsOf } from './words-of.js'

export type { LineSink } from './bounded-sink.js'

type Written = Exclude<Level, 'silent'>

export interface LogOptions {
  readonly format: 'json' | 'pretty' | 'classic'
  readonly level: Level
  /** Default: standard output behind a bounded queue (10,000 lines, 8 MiB); what does not fit is dropped and counted. */
  readonly sink?: LineSink
  /** Epoch milliseconds (default `Date.now`). */
  readonly now?: () => number
  /** Lines of one event and reason in any minute (default 1,000); the rest is counted, and one line says how many. */
  readonly linesPerMinute?: number
}

/** Writes events as lines; never blocks, never throws. */
export interface Log {
  /** Writes one event, unless its level is left out. */
  write(level: Written, event: LogEvent): void
  /** Whether lines of a level are written at all, so that nobody prepares what nobody reads. */
  writes(level: Written): boolean
  /** Lines that were dropped because nobody read. */
  readonly dropped: number
  /**
   * Says what went unsaid, and waits until everything is written.
   *
   * A pipe that nobody reads keeps a Node process from ending by itself: after `false`, only `process.exit` ends it.
   *
   * @param timeoutMs - How long a reader is waited for (default 1,000).
   * @returns Whether everything was written.
   */
  close(timeoutMs?: number): Promise<boolean>
}

export const createLog = ({ format, level, sink, now = Date.now, linesPerMinute = 1_000 }: LogOptions): Log => {
  const least = levels.indexOf(level)
  const writes = (wanted: Level): boolean => level !== 'silent' && levels.indexOf(wanted) >= least
  const colours = sink === undefined && process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === ''

  const standard = sink === undefined ? standardOutput((lines) => linesOf('warn', { event: 'dropped', lines }).join('')) : undefined
  const put = (lines: readonly string[]): void => {
    for (const line of lines) (sink ?? standard)?.write(line)
  }
  let json = ''
  const serialiser = pino(
    { level: 'debug', base: null, timestamp: () => `,"time":"${new Date(now()).toISOString()}"`, formatters: { level: (label) => ({ level: label }) } },
    { write: (line: string) => (json = line) },
  )

  /** The lines of an event that are written at the configured level. */
  const linesOf = (at: Written, event: LogEvent): readonly string[] => {
    switch (format) {
      case 'json':
        if (!writes(at)) return []
        serialiser[at](escapeEvent(event))
        return [json]
      case 'classic':
        // The classic words give some events a level of their own, so they are weighed line by line.
        return classicLines(event, at)
          .filter((line) => writes(line.level))
          .map((line) => `${line.logger.padEnd(20)} ${classicLevel[line.level].padEnd(8)} ${escapeValue(line.text)}\n`)
      case 'pretty': {
        if (!writes(at)) return []
        const [on, off] = colours ? [colour[at], '\u001b[0m'] : ['', '']
        return [`${new Date(now()).toISOString().slice(11, 23)} ${on}${at.toUpperCase().padEnd(5)}${off} ${wordsOf(escapeEvent(event))}\n`]
      }
    }
  }

  const sampler = createSampler<Written>(linesPerMinute)
  let timer: NodeJS.Timeout | undefined
  const tellUnwritten = (at: number): void => {
    for (const { kind, level: told, times } of sampler.due(at)) {
      put(linesOf(told, { event: 'repeated', of: kind, times }))
    }
    if (sampler.dueAt === undefined || timer !== undefined) return
    // The flood may be over, and then no further event would tell.
    timer = setTimeout(() => {
      timer = undefined
      tellUnwritten(now())
    }, Math.max(1, sampler.dueAt - at))
    timer.unref()
  }

  return {
    writes,
    write(at, event) {
      if (format !== 'classic' && !writes(at)) return
      const time = now()
      const kind = kindOf(event)
      const lines = format === 'classic' ? linesOf(at, event) : undefined
      if (lines?.length === 0) return
      if (sampler.take(kind, at, lines?.length ?? 1, time)) put(lines ?? linesOf(at, event))
      tellUnwritten(time)
    },
    get dropped() {
      return standard?.dropped ?? 0
    },
    async close(timeoutMs = 1_000) {
      clearTimeout(timer)
      tellUnwritten(Number.POSITIVE_INFINITY)
      if (standard === undefined) return true
      const written = await standard.drained(timeoutMs)
      process.off('exit', standard.flush)
      return written
    },
  }
}

const classicLevel: Readonly<Record<Level, string>> = { debug: 'DEBUG', info: 'INFO', warn: 'WARNING', error: 'ERROR', silent: '' }
const colour: Readonly<Record<Written, string>> = { debug: '\u001b[2m', info: '\u001b[36m', warn: '\u001b[33m', error: '\u001b[31m' }

const kindOf = (event: LogEvent): string => ('reason' in event && event.reason !== undefined ? `${event.event} ${event.reason}` : event.event)

const standardOutput = (droppedLine: (count: number) => string): ReturnType<typeof createBoundedSink> => {
  const bounded = createBoundedSink({ stream: process.stdout, droppedLine })
  // What the last turn said, even when the process is told to exit in it.
  process.once('exit', bounded.flush)
  return bounded
}
