import type { ControlChange } from './admission/control.js'
import { endedKeptMs, type ControlReplica, type ReplicaChange } from './admission/control-replica.js'
import type { DryRunRule } from './admission/decision.js'
import { forgiveLifted, type Ladder } from './admission/ladder.js'
import type { EndpointTable } from './admission/steps/endpoints.js'
import type { UserCache } from './admission/user-cache.js'
import type { User } from './admission/user.js'
import { within } from './admission/within.js'
import type { SessionEnds } from './create-session-ends.js'
import type { GateEvents } from './gate-options.js'
import { createLiveVerdict } from './live-verdict.js'
import { deny } from './protocol/denial.js'
import type { Session } from './session/session.js'
import type { SessionRegistry } from './session/sessions.js'

/** How long a live socket's user is looked up before it is tried again at the next poll, in milliseconds. */
const lookMs = 1_000

/** How long a change of a user may be news to a handshake, in milliseconds: twice as long as any handshake lasts. */
const newsMs = 10_000

/** Users that are looked up at once where many have to be. */
const atOnce = 50

/** Keeps admissions true on live sockets: what changes for a handshake changes for those who are in already. */
export interface Follower<U extends User = User> {
  /** Closes the live sockets a change concerns; returns how many. */
  enforce(change: ControlChange): Promise<number>
  /**
   * The same for many, with one walk over the live sockets for all bans of networks among them. Users who changed are looked up with the next look at the log:
   * no ban waits for them.
   */
  enforceAll(changes: readonly ReplicaChange[]): Promise<number>
  /** Looks at a session that has just opened: what changed while its handshake waited closed only those who were in by then. */
  opened(session: Session<U>): void
  /** Whether the control log could be read at the last look. */
  readonly reached: boolean
  /** Runs a task whose failure is reported and harms nobody. */
  inBackground(task: string, work: () => Promise<void>): void
  start(): void
  stop(): void
}

export const createFollower = <U extends User>(parts: {
  readonly replica: ControlReplica
  readonly sessions: SessionRegistry<U>
  readonly ends: Pick<SessionEnds, 'heard'>
  readonly users: UserCache<U>
  readonly ladder: Pick<Ladder, 'forgive'>
  readonly endpoints: EndpointTable
  readonly events: GateEvents<U>
  /** Bans in dry-run close no socket either. */
  readonly dryRun: ReadonlySet<DryRunRule>
  readonly now: () => number
  readonly pollMs: number
}): Follower<U> => {
  const { replica, sessions, ends, users, ladder, events, now, pollMs } = parts
  const verdict = createLiveVerdict<U>(parts)
  /** Users of live sockets who have to be looked up, for the longest time first; tried again until they can be. */
  const unsure = new Set<string>()
  /** The newest look at each user that is being looked up. */
  const looks = new Map<string, symbol>()
  /** When users changed lately, oldest first. */
  const changedAt = new Map<string, number>()
  /** When changes were last missed, so that any user may have changed. */
  let missedAt = -Infinity
  let reached = true
  let timer: NodeJS.Timeout | undefined

  const reconsider = async (userId: string): Promise<number> => {
    const group = sessions.forUser(userId)
    if ([...group].length === 0) {
      // Nobody is left of whom anything could be unsure, and whoever comes is looked up.
      unsure.delete(userId)
      return 0
    }
    const look = Symbol(userId)
    looks.set(userId, look)
    let user: U | undefined
    try {
      // Some look-ups never end, and the log must be read on all the same.
      user = await within('users', lookMs, users.find(userId, now() + lookMs))
      // Answers may overtake each other: an older one says what the user was before the last change, and the newer look acts for both.
      if (looks.get(userId) !== look) return 0
    } catch {
      // A store that is away says nothing about the user: the sockets stay, and are looked at again when it is back; behind those of others, who may have a better store.
      unsure.delete(userId)
      unsure.add(userId)
      return 0
    } finally {
      if (looks.get(userId) === look) looks.delete(userId)
    }
    unsure.delete(userId)
    let closed = 0
    for (const session of sessions.forUser(userId)) {
      const denial = verdict.ofUser(session, user)
      if (denial !== undefined && sessions.close(session, denial)) closed += 1
      else if (denial === undefined && user !== undefined) sessions.changed(session, user)
    }
    return closed
  }

  let lookingUp = false
  /** All who have to be looked up, some at once. Where the store is away for some it is not asked for the rest, who wait for the next look at the log. */
  const lookUpUnsure = async (): Promise<void> => {
    if (lookingUp) return
    lookingUp = true
    try {
      const userIds = [...unsure]
      for (let start = 0; start < userIds.length; start += atOnce) {
        const some = userIds.slice(start, start + atOnce)
        await Promise.all(some.map(reconsider))
        if (some.some((userId) => unsure.has(userId))) return
      }
    } finally {
      lookingUp = false
    }
  }

  const noteChange = (userId: string): void => {
    const at = now()
    changedAt.delete(userId)
    changedAt.set(userId, at)
    for (const [id, changed] of changedAt) {
      if (at - changed < newsMs) return
      changedAt.delete(id)
    }
  }

  const enforceEverything = (): number => {
    const at = now()
    missedAt = at
    users.allChanged()
    looks.clear()
    let closed = 0
    for (const session of [...sessions]) {
      const denial = verdict.ofControl(session, at)
      if (denial === undefined) unsure.add(session.user.id)
      else if (sessions.close(session, denial)) closed += 1
    }
    return closed
  }

  const forget = (userId: string): void => {
    users.changed(userId)
    noteChange(userId)
  }

  const enforce = async (change: ControlChange): Promise<number> => {
    switch (change.kind) {
      case 'ban_added': {
        const { subject } = change.ban
        const at = now()
        if (subject.kind === 'user') return verdict.userBanned(subject.userId, at) ? sessions.forUser(subject.userId).close(deny('user_banned')) : 0
        return sessions.where((session) => verdict.addressBanned(session, at)).close(deny('address_banned'))
      }
      case 'ban_lifted':
        forgiveLifted(ladder, change.ban)
        return 0
      case 'revoked':
        return sessions
          .where(({ principal: { claims } }) => claims !== undefined && replica.revocations.find(claims, now()) !== undefined)
          .close(deny('token_revoked'))
      case 'user_changed':
        forget(change.userId)
        return await reconsider(change.userId)
      case 'sessions_ended':
        return ends.heard(change.end)
    }
  }

  const enforceAll = async (changes: readonly ReplicaChange[]): Promise<number> => {
    let closed = 0
    let walked = false
    for (const change of changes) {
      const ofNetwork = change.kind === 'ban_added' && change.ban.subject.kind === 'network'
      // Every ban of the page is in the replica by now, so that the first walk finds the sockets of all of them.
      if (ofNetwork && walked) continue
      walked ||= ofNetwork
      if (change.kind === 'user_changed') {
        forget(change.userId)
        // A look that is under way may bring what the user was before.
        looks.delete(change.userId)
        unsure.add(change.userId)
      } else if (change.kind === 'reloaded') {
        if (change.unreadable !== undefined)
          events.failed?.('control log', new Error(`${String(change.unreadable)} events can not be read by this program: bans, revocations and users were looked up anew`))
        closed += enforceEverything()
      } else closed += await enforce(change)
    }
    return closed
  }

  const inBackground: Follower['inBackground'] = (task, work) => {
    work().catch((error: unknown) => {
      events.failed?.(task, error)
    })
  }

  const look = async (): Promise<void> => {
    try {
      await enforceAll(await replica.poll(now()))
      // Not waited for: a store that is away, or hangs, must not keep the next ban from being heard.
      inBackground('users', lookUpUnsure)
      const since = now() - endedKeptMs
      replica.bans.sweep(since)
      replica.revocations.sweep(since)
      if (!reached) events.followed?.(true)
      reached = true
    } catch (error) {
      if (reached) {
        events.followed?.(false)
        events.failed?.('control log', error)
      }
      reached = false
    }
    // One look at a time: a slow store is asked again only when it has answered.
    if (timer !== undefined) timer = setTimeout(() => void look(), pollMs).unref()
  }

  return {
    enforce,
    enforceAll,
    opened(session) {
      const denial = verdict.ofControl(session, now())
      const { id } = session.user
      if (denial !== undefined) sessions.close(session, denial)
      else if (changedAt.has(id) || now() - missedAt < newsMs) inBackground('user', async () => void (await reconsider(id)))
    },
    get reached() {
      return reached
    },
    inBackground,
    start() {
      timer ??= setTimeout(() => void look(), pollMs).unref()
    },
    stop() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
