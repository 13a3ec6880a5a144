import { deny, type Denial } from '../protocol/denial.js'
import type { Clock } from './clock.js'
import type { Deadline, LiveSession } from './session.js'

export interface PulseConfig {
  /** Milliseconds between two pings of one socket (default 25,000). */
  readonly heartbeatMs: number
  /** Milliseconds within which the pong must come (default 10,000). */
  readonly pongMs: number
  /** Milliseconds a session may outlive its token (default 0). */
  readonly graceMs: number
  /** Milliseconds before its end at which a session is told of it (default 60,000); a shorter life is told in its second second. */
  readonly noticeMs: number
}

export const defaultPulse: PulseConfig = { heartbeatMs: 25_000, pongMs: 10_000, graceMs: 0, noticeMs: 60_000 }

/** How often due sessions are looked at, in milliseconds: the precision of every end. */
const tickMs = 250

/**
 * The heartbeat and the expiry of all sessions, on one timer.
 *
 * Every session lies in the slot of the moment it must be looked at next, so a tick costs only what is due, and a life of 60 days needs no
 * timer of 60 days (a `setTimeout` over 24.8 days fires at once). Heartbeats run on the monotonic clock; the end of a token is wall-clock
 * time, so when the wall clock is set, all sessions are looked at again.
 */
export interface Pulse {
  add(session: LiveSession): void
  remove(session: LiveSession): void
  /** Puts a session where it belongs after its expiry changed. */
  reschedule(session: LiveSession): void
  /** Looks at all that is due. The server's timer calls it; a test calls it with a clock of its own. */
  tick(): void
  start(): void
  stop(): void
}

/** Milliseconds a session is left alone with its welcome, which tells its end already, before it is told of it. */
const settlingMs = 1_000

const expired = deny('token_expired')

/** When a session ends as things stand: with its token and the grace, or before, when that was said; `undefined` only in development. */
export const endOf = ({ principal: { expiresAt }, deadline }: LiveSession, { graceMs }: Pick<PulseConfig, 'graceMs'>): Deadline | undefined => {
  if (expiresAt === undefined || (deadline !== undefined && deadline.at < expiresAt + graceMs)) return deadline
  return { at: expiresAt + graceMs, denial: expired }
}

/**
 * @param end - Ends a session.
 * @param notify - Tells a session of its end ahead of time, once for each end.
 */
export const createPulse = (
  config: PulseConfig,
  clock: Clock,
  end: (session: LiveSession, denial: Denial) => void,
  notify: (session: LiveSession, deadline: Deadline) => void,
): Pulse => {
  const slots = new Map<number, Set<LiveSession>>()
  let timer: NodeJS.Timeout | undefined
  let lastSlot = slotOf(clock.monotonic())
  let drift = clock.wall() - clock.monotonic()

  const noticeAt = ({ openedAt }: LiveSession, { at }: Deadline): number => Math.max(at - config.noticeMs, openedAt + settlingMs)

  const nextLook = (session: LiveSession): number => {
    const ending = endOf(session, config)
    if (ending === undefined) return session.dueAt
    const look = session.toldEnd === ending.at ? ending.at : Math.min(ending.at, noticeAt(session, ending))
    return Math.min(session.dueAt, look - clock.wall() + clock.monotonic())
  }

  const schedule = (session: LiveSession): void => {
    // In the slot of its very time: a tick in that slot that comes too early finds nothing to do and leaves it to the next one. Never in a slot
    // that was emptied already, or is being emptied: nothing is looked at twice in a tick.
    const slot = Math.max(slotOf(nextLook(session)), lastSlot + 1)
    session.slot = slot
    const waiting = slots.get(slot)
    if (waiting === undefined) slots.set(slot, new Set([session]))
    else waiting.add(session)
  }

  const unschedule = (session: LiveSession): void => {
    const waiting = slots.get(session.slot)
    if (waiting === undefined) return
    waiting.delete(session)
    if (waiting.size === 0) slots.delete(session.slot)
  }

  const look = (session: LiveSession): void => {
    if (session.state.name !== 'open') return
    const ending = endOf(session, config)
    if (ending !== undefined && clock.wall() >= ending.at) {
      end(session, ending.denial)
      return
    }
    if (ending !== undefined && session.toldEnd !== ending.at && clock.wall() >= noticeAt(session, ending)) {
      session.toldEnd = ending.at
      notify(session, ending)
    }
    const now = clock.monotonic()
    if (now >= session.dueAt) {
      if (session.awaitingPong) {
        end(session, deny('idle_timeout', { detail: `no pong within ${String(config.pongMs)} ms` }))
        return
      }
      session.awaitingPong = true
      session.dueAt = now + config.pongMs
      session.socket.ping()
    }
    schedule(session)
  }

  const lookAtAll = (): void => {
    const all = [...slots.values()].flatMap((waiting) => [...waiting])
    slots.clear()
    for (const session of all) look(session)
  }

  const tick = (): void => {
    const now = clock.monotonic()
    const slot = slotOf(now)
    const driftNow = clock.wall() - now
    if (Math.abs(driftNow - drift) > tickMs) {
      drift = driftNow
      lastSlot = slot
      lookAtAll()
      return
    }
    const first = lastSlot + 1
    lastSlot = Math.max(lastSlot, slot)
    // Going slot by slot is cheap unless the process slept for long; then it is cheaper to go through what exists.
    if (slot - first > slots.size + 64) {
      for (const due of [...slots.keys()].filter((key) => key <= slot)) empty(due)
    } else {
      for (let due = first; due <= slot; due += 1) empty(due)
    }
  }

  const empty = (slot: number): void => {
    const due = slots.get(slot)
    if (due === undefined) return
    slots.delete(slot)
    for (const session of due) look(session)
  }

  return {
    add(session) {
      session.dueAt = clock.monotonic() + config.heartbeatMs
      schedule(session)
    },
    remove: unschedule,
    reschedule(session) {
      unschedule(session)
      schedule(session)
    },
    tick,
    start() {
      timer ??= setInterval(tick, tickMs).unref()
    },
    stop() {
      clearInterval(timer)
      timer = undefined
    },
  }
}

/** Notes that the peer lives: any pong or message will do. */
export const heard = (session: LiveSession, clock: Clock, config: PulseConfig): void => {
  session.awaitingPong = false
  session.dueAt = clock.monotonic() + config.heartbeatMs
}

const slotOf = (atMs: number): number => Math.floor(atMs / tickMs)
