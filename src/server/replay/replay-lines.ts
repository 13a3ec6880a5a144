import type { StepName } from '../../admission/decision.js'
import { recordVersion } from '../decision-inputs.js'
import { answerOf, differenceOf, isIdentical, type Answer } from './answer.js'
import { parseRecordLine } from './record.js'
import type { Replay } from './replay-decision.js'

/** What became of all recorded decisions. */
export interface ReplaySummary {
  /** Decisions that were read. */
  readonly decisions: number
  /** Answered alike. */
  readonly same: number
  /** Of these, alike to the last bit, words and counters of every stair included. */
  readonly identical: number
  /** With the same outcome, and another reason, stair, client or mark. */
  readonly changed: number
  readonly newlyAdmitted: number
  readonly newlyRefused: number
  /** Nothing tells what a later stair would have found. */
  readonly undecided: number
  /** By what they were answered: a reason, or `admitted`. */
  readonly before: Readonly<Record<string, number>>
  readonly after: Readonly<Record<string, number>>
  readonly undecidedAt: Readonly<Partial<Record<StepName, number>>>
  /** From one answer to another, most frequent first, each with the ids of its first decisions. */
  readonly flips: readonly Flip[]
  /** Decisions that the recording says it missed. */
  readonly dropped: number
  /** Lines that hold no decision. */
  readonly bad: number
}

export interface Flip {
  readonly from: string
  readonly to: string
  readonly count: number
  readonly first: readonly string[]
}

/** The lines were written by another version of this program. */
export class RecordVersionUnknown extends Error {
  readonly code = 'ERR_RECORD_VERSION'
  override readonly name = 'RecordVersionUnknown'
}

export interface ReplayLinesOptions {
  readonly replay: Replay
  /** Told of each line that holds no decision, by its number from 1. */
  readonly onBadLine: (line: number, fault: string) => void
  /** Told of how many decisions were read, now and then. */
  readonly onProgress: (decisions: number) => void
}

const progressEvery = 50_000
const shownIds = 5

const codeOf = ({ outcome, reason }: Answer): string => (outcome === 'admitted' ? 'admitted' : (reason ?? 'denied'))

/**
 * Makes the decisions of a recording again, line by line, in memory that does not grow with its length.
 *
 * @throws RecordVersionUnknown at the first line of a version that this program does not read.
 */
export const replayLines = async (lines: AsyncIterable<string>, { replay, onBadLine, onProgress }: ReplayLinesOptions): Promise<ReplaySummary> => {
  const total = { decisions: 0, same: 0, identical: 0, changed: 0, newlyAdmitted: 0, newlyRefused: 0, undecided: 0, dropped: 0, bad: 0 }
  // All keys are of closed lists, so that none of these grows for ever.
  const before = new Map<string, number>()
  const after = new Map<string, number>()
  const undecidedAt = new Map<StepName, number>()
  const flips = new Map<string, { from: string; to: string; count: number; first: string[] }>()
  let number = 0

  for await (const line of lines) {
    number += 1
    const read = parseRecordLine(line)
    if (read.kind === 'empty') continue
    if (read.kind === 'dropped') {
      total.dropped += read.count
      continue
    }
    if (read.kind === 'version')
      throw new RecordVersionUnknown(
        `Cannot replay line ${number} as its "recordVersion" is ${JSON.stringify(read.version)?.slice(0, 40) ?? 'missing'} and this program reads ${recordVersion}: use the version of sallyport that wrote it`,
      )
    if (read.kind === 'bad') {
      total.bad += 1
      onBadLine(number, read.fault)
      continue
    }
    const { record } = read
    total.decisions += 1
    if (total.decisions % progressEvery === 0) onProgress(total.decisions)
    const was = answerOf(record)
    const from = codeOf(was)
    count(before, from)
    const replayed = await replay(record)
    if (replayed.kind === 'undecided') {
      total.undecided += 1
      count(undecidedAt, replayed.step)
      count(after, 'undecided')
      continue
    }
    const now = replayed.answer
    const to = codeOf(now)
    count(after, to)
    const difference = differenceOf(was, now)
    if (difference === 'same') {
      total.same += 1
      if (isIdentical(was, now)) total.identical += 1
      continue
    }
    if (difference === 'changed') total.changed += 1
    else if (difference === 'newly_admitted') total.newlyAdmitted += 1
    else total.newlyRefused += 1
    const flip = flips.get(`${from} ${to}`) ?? { from, to, count: 0, first: [] }
    flip.count += 1
    if (flip.first.length < shownIds) flip.first.push(record.id)
    flips.set(`${from} ${to}`, flip)
  }

  return {
    ...total,
    before: Object.fromEntries(before),
    after: Object.fromEntries(after),
    undecidedAt: Object.fromEntries(undecidedAt),
    flips: [...flips.values()].toSorted((a, b) => b.count - a.count),
  }
}

const count = <K>(counts: Map<K, number>, key: K): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
