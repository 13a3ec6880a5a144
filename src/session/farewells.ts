import type { Denial } from '../protocol/denial.js'
import type { Clock } from './clock.js'
import { sayFarewell } from './end-session.js'
import type { LiveSession } from './session.js'

/** Milliseconds between two slices of the work; as many farewells are said at once, each costs some 20 µs here and as much again for the peer's answer. */
const sliceMs = 5
const atOnce = 25
/** In each slice, however few wait. */
const atLeast = 5
/** In how many milliseconds all are told, however many wait. */
const withinMs = 400

/** Says why sessions end: to a few at once, to many in slices, so that a thousand that end together hold up nobody else. */
export interface Farewells {
  /**
   * Says it to one session that is closing, in its turn.
   *
   * @param at - Epoch milliseconds.
   */
  say(session: LiveSession, denial: Denial, at: number): void
}

export const createFarewells = (clock: Clock): Farewells => {
  let waiting: (readonly [session: LiveSession, denial: Denial, at: number])[] = []
  let told = 0
  let beganAt = 0
  let saidInSlice = 0
  let timer: NodeJS.Timeout | undefined

  const slice = (): void => {
    timer = undefined
    saidInSlice = 0
    // By the clock, not by the number of slices: a loop that is late does more in each and is done in time all the same.
    const due = Math.ceil(waiting.length * Math.min(1, (clock.monotonic() - beganAt) / withinMs))
    const now = waiting.slice(told, Math.max(due, told + atLeast))
    told += now.length
    if (told < waiting.length) timer = setTimeout(slice, sliceMs)
    else {
      waiting = []
      told = 0
    }
    for (const [session, denial, at] of now) sayFarewell(session, denial, at)
  }

  return {
    say(session, denial, at) {
      if (waiting.length === 0 && saidInSlice < atOnce) {
        saidInSlice += 1
        sayFarewell(session, denial, at)
      } else {
        if (waiting.length === 0) beganAt = clock.monotonic()
        waiting.push([session, denial, at])
      }
      timer ??= setTimeout(slice, sliceMs)
    },
  }
}
