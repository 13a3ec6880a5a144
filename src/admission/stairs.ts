import { stepNames, type Step } from './decision.js'
import { factsInWords, type Facts } from './facts.js'

/**
 * What was written down on the way. Decisions are kept by the thousand, so this is bare and mostly empty, and becomes steps only when somebody
 * looks.
 */
export interface Stairs {
  taken: number
  refused: boolean
  details: Note | undefined
  waits: Wait | undefined
}

/** What there is to say about a stair, newest first. */
interface Note {
  readonly stair: number
  readonly text: string
  readonly before: Note | undefined
}

/** How long a stair waited, newest first; while it waits, `ms` is the moment it began at, below zero. */
interface Wait {
  readonly stair: number
  ms: number
  readonly before: Wait | undefined
}

/** Notes that the next stair was taken. */
export const take = (stairs: Stairs): void => {
  const { waits } = stairs
  if (waits !== undefined && waits.stair === stairs.taken) waits.ms += performance.now()
  stairs.taken += 1
}

/** Notes what there is to say about the next stair. */
export const note = (stairs: Stairs, text: string): void => {
  stairs.details = { stair: stairs.taken, text, before: stairs.details }
}

/** What was written down, in words; counters and thresholds come from the facts. */
export const stepsOf = ({ taken, refused, details, waits }: Stairs, facts: Facts): readonly Step[] =>
  stepNames.slice(0, taken).map((name, stair) => {
    const outcome = refused && stair === taken - 1 ? 'refused' : 'passed'
    const durationMs = at(waits, stair)?.ms ?? 0
    const said = at(details, stair)?.text
    const counted = factsInWords(name, facts)
    const detail = said === undefined || counted === undefined || counted.startsWith(said) ? (counted ?? said) : `${said}; ${counted}`
    return detail === undefined ? { name, outcome, durationMs } : { name, outcome, durationMs, detail }
  })

/** The newest of a chain that belongs to a stair. */
const at = <T extends { readonly stair: number; readonly before: T | undefined }>(newest: T | undefined, stair: number): T | undefined => {
  let one = newest
  while (one !== undefined && one.stair !== stair) one = one.before
  return one
}
