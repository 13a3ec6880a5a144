import type { Principal } from '../admission/decision.js'
import { shown } from '../admission/shown.js'
import type { User } from '../admission/user.js'
import { isReason, type Denial, type Reason } from '../protocol/denial.js'
import { systemClock, type Clock } from './clock.js'
import { endSession } from './end-session.js'
import { createFarewells } from './farewells.js'
import { deliver, flush, type Delivery } from './outbox.js'
import { expiringPush } from './expiring-push.js'
import { createPulse, defaultPulse, endOf, heard, type PulseConfig } from './pulse.js'
import type { Push } from './push.js'
import type { LiveSession, Session } from './session.js'

/** Heartbeat, ends and backlog of live sockets. */
export interface SessionsConfig extends PulseConfig {
  /** Backlog of one slow reader, in bytes (default 1 MiB). */
  readonly maxBacklogBytes: number
}

export const defaultSessions: SessionsConfig = { ...defaultPulse, maxBacklogBytes: 1024 * 1024 }

/** What the sessions tell whoever counts and logs; called synchronously and must not throw. */
export interface SessionEvents<U extends User = User> {
  /** Once per session, before its first frame is read. */
  opened?(session: Session<U>): void
  /** Once per session, after its socket is gone. */
  closed?(session: Session<U>, code: number, reason: Reason | 'requested' | 'peer'): void
  /** What became of one push on one socket. */
  delivered?(push: Push, delivery: Delivery): void
  /**
   * A session ends at `endsAt` (epoch milliseconds) unless it brings a new token; told once for each end. A `sallyport.v1` client hears it by itself,
   * a classic one has no word for it, and the client of an embedder hears it from the embedder.
   */
  expiring?(session: Session<U>, endsAt: number): void
}

/** Some of the sessions, to be spoken to or ended together. */
export interface SessionGroup<U extends User = User> extends Iterable<Session<U>> {
  /** Sends one push to each; encoded once, shared by all. Returns how many sockets it went to. */
  send(push: Push): number
  /** Ends each at once for a reason of the denial table; returns how many were open. Of many the peers are told in slices, within 400 ms. */
  close(denial: Denial): number
  /**
   * Ends each at a moment to come, unless it brings a new token before, and tells it so ahead of time. An earlier end stays.
   *
   * @param at - Epoch milliseconds.
   * @returns How many were open and would have lived longer.
   */
  closeAt(at: number, denial: Denial): number
}

/** All live sessions of this node. */
export interface Sessions<U extends User = User> extends Iterable<Session<U>> {
  /** How many are live. */
  readonly count: number
  /** The session of an id, while it is live. */
  find(id: string): Session<U> | undefined
  /** The sessions that a user has at this moment. */
  forUser(userId: string): SessionGroup<U>
  /** The sessions for which it holds at this moment; it is asked once of each. */
  where(matches: (session: Session<U>) => boolean): SessionGroup<U>
  /** Sends one push to one session, by its class. */
  send(session: Session<U>, push: Push): Delivery
  /**
   * Ends one session for a reason of the denial table, in its own dialect.
   *
   * @throws TypeError for a reason that is not in it: then the session stays as it is.
   */
  close(session: Session<U>, denial: Denial): boolean
  /**
   * Ends one session at a moment to come, as the group's `closeAt` does; `false` when it was over or ends earlier.
   *
   * @throws TypeError for a reason that is not in the table, or a moment that is no number.
   */
  closeAt(session: Session<U>, at: number, denial: Denial): boolean
}

/** The same to the host, which opens and closes them. */
export interface SessionRegistry<U extends User = User> extends Sessions<U> {
  opened(session: LiveSession<U>): void
  /** The socket is gone; idempotent. */
  closed(session: LiveSession<U>, code: number): void
  /** A new token was accepted for it: the same subject, a new end. */
  renewed(session: Session<U>, principal: Principal<U>): void
  /** Its user was changed and may stay: who acts on it from now on is the user as found. */
  changed(session: Session<U>, user: U): void
  /** The peer broke the framing, and the host is closing it for that reason. */
  faulted(session: LiveSession<U>, reason: Reason): void
  /** The peer said something: a message, or a pong. */
  heard(session: LiveSession<U>): void
  /** The operating system takes bytes again. */
  drained(session: LiveSession<U>): void
  tick(): void
  start(): void
  stop(): void
}

export const createSessions = <U extends User>(
  config: SessionsConfig,
  events: SessionEvents<U>,
  clock: Clock = systemClock,
): SessionRegistry<U> => {
  const byId = new Map<string, LiveSession<U>>()
  // Most users have one socket, and a Set for each would cost more than the session itself.
  const byUser = new Map<string, LiveSession<U> | Set<LiveSession<U>>>()
  const farewells = createFarewells(clock)
  const end = (session: LiveSession, denial: Denial): boolean => {
    checkDenial(denial)
    if (!endSession(session, denial)) return false
    farewells.say(session, denial, clock.wall())
    return true
  }
  const pulse = createPulse(
    config,
    clock,
    (session, denial) => void end(session, denial),
    ({ id }, { at, denial }) => {
      const session = byId.get(id)
      if (session === undefined) return
      if (session.dialect === 'sallyport.v1') send(session, expiringPush(denial, at, clock.wall()))
      events.expiring?.(session, at)
    },
  )

  /** Between two ticks of the pulse: what is over says and hears nothing more. */
  const isOver = (session: LiveSession<U>): boolean => {
    const ending = endOf(session, config)
    if (ending === undefined || clock.wall() < ending.at) return false
    end(session, ending.denial)
    return true
  }

  const ofUser = (userId: string): readonly LiveSession<U>[] => {
    const found = byUser.get(userId)
    if (found === undefined) return []
    return found instanceof Set ? [...found] : [found]
  }

  const send = (session: LiveSession<U>, push: Push): Delivery => {
    if (session.state.name !== 'open' || isOver(session)) return 'dropped'
    const result = deliver(session.socket, session.outbox, push, config.maxBacklogBytes)
    session.outbox = result.outbox
    if (result.delivery === 'overflow') end(session, { reason: 'slow_consumer' })
    events.delivered?.(push, result.delivery)
    return result.delivery
  }

  const live = (session: Session<U>): LiveSession<U> | undefined => byId.get(session.id)

  const endAt = (session: LiveSession<U>, at: number, denial: Denial): boolean => {
    checkDenial(denial)
    if (typeof at !== 'number' || Number.isNaN(at)) throw new TypeError(`Cannot end a session as "at" must be a number of epoch milliseconds: current value is ${shown(at)}`)
    const ending = endOf(session, config)
    if (session.state.name !== 'open' || (ending !== undefined && ending.at <= at)) return false
    session.deadline = { at, denial }
    pulse.reschedule(session)
    return true
  }

  const group = (members: readonly LiveSession<U>[]): SessionGroup<U> => ({
    send(push) {
      let sent = 0
      for (const session of members) {
        const delivery = send(session, push)
        if (delivery === 'written' || delivery === 'waiting') sent += 1
      }
      return sent
    },
    close(denial) {
      let ended = 0
      for (const session of members) if (end(session, denial)) ended += 1
      return ended
    },
    closeAt(at, denial) {
      let moved = 0
      for (const session of members) if (endAt(session, at, denial)) moved += 1
      return moved
    },
    [Symbol.iterator]: () => members[Symbol.iterator](),
  })

  return {
    get count() {
      return byId.size
    },
    find: (id) => byId.get(id),
    forUser: (userId) => group(ofUser(userId)),
    where: (matches) => group([...byId.values()].filter(matches)),
    send(session, push) {
      const found = live(session)
      return found === undefined ? 'dropped' : send(found, push)
    },
    close(session, denial) {
      const found = live(session)
      return found !== undefined && end(found, denial)
    },
    closeAt(session, at, denial) {
      const found = live(session)
      return found !== undefined && endAt(found, at, denial)
    },
    opened(session) {
      byId.set(session.id, session)
      const known = byUser.get(session.user.id)
      if (known === undefined) byUser.set(session.user.id, session)
      else if (known instanceof Set) known.add(session)
      else byUser.set(session.user.id, new Set([known, session]))
      pulse.add(session)
      events.opened?.(session)
    },
    closed(session, code) {
      if (session.state.name === 'closed') return
      const reason = session.state.name === 'closing' ? session.state.reason : 'peer'
      session.state = { name: 'closed', code, reason }
      session.outbox = undefined
      byId.delete(session.id)
      const known = byUser.get(session.user.id)
      if (known instanceof Set) {
        known.delete(session)
        if (known.size === 0) byUser.delete(session.user.id)
      } else if (known === session) byUser.delete(session.user.id)
      pulse.remove(session)
      events.closed?.(session, code, reason)
    },
    renewed(session, principal) {
      const found = live(session)
      if (found === undefined) return
      found.principal = principal
      found.user = principal.user
      found.deadline = undefined
      pulse.reschedule(found)
    },
    changed(session, user) {
      const found = live(session)
      if (found === undefined) return
      found.principal = { ...found.principal, user }
      found.user = user
    },
    faulted(session, reason) {
      if (session.state.name === 'open') session.state = { name: 'closing', reason }
    },
    heard(session) {
      if (session.state.name === 'open') isOver(session)
      heard(session, clock, config)
    },
    drained(session) {
      if (session.outbox !== undefined) session.outbox = flush(session.socket, session.outbox)
    },
    tick() {
      pulse.tick()
    },
    start() {
      pulse.start()
    },
    stop() {
      pulse.stop()
    },
    [Symbol.iterator]: () => byId.values(),
  }
}

/** A reason that is in no row would leave the session closing for ever, as nothing says how its socket is closed. */
const checkDenial = ({ reason }: Denial): void => {
  if (!isReason(reason)) throw new TypeError(`Cannot end a session as "reason" must be one of the denial table, such as session_ended: current value is ${shown(reason)}`)
}
