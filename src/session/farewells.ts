import type { Denial } from '../protocol/denial.js'
import { sayFarewell } from './end-session.js'
import type { LiveSession } from './session.js'

/** Farewells that are said in one turn of the event loop: about a millisecond of it. */
const perTurn = 25

/** Says why sessions end, a few in each turn of the event loop: a thousand that end at once hold up nobody else. */
export interface Farewells {
  /**
   * Says it to one session that is closing, in its turn.
   *
   * @param at - Epoch milliseconds.
   */
  say(session: LiveSession, denial: Denial, at: number): void
}

export const createFarewells = (): Farewells => {
  const waiting: (readonly [session: LiveSession, denial: Denial, at: number])[] = []
  let next = 0
  let said = 0
  let scheduled = false

  const turn = (): void => {
    const now = waiting.slice(next, next + perTurn)
    next += now.length
    if (next === waiting.length) {
      waiting.length = 0
      next = 0
    }
    said = now.length
    scheduled = said > 0
    if (scheduled) setImmediate(turn)
    for (const [session, denial, at] of now) sayFarewell(session, denial, at)
  }

  return {
    say(session, denial, at) {
      if (said < perTurn && waiting.length === 0) {
        said += 1
        sayFarewell(session, denial, at)
      } else waiting.push([session, denial, at])
      if (scheduled) return
      scheduled = true
      setImmediate(turn)
    },
  }
}
