import type { Level } from './log-event.js'

/** A line of the old service: the logger it came from, its level, its text. */
export interface ClassicLine {
  readonly logger: string
  readonly level: Level
  readonly text: string
}
