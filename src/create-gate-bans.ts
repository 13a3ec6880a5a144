import type { Ban, Bans, BanSubject, NewBan } from './admission/ban.js'
import { createBanJudge, DangerousBan, type ProtectedNetworks } from './admission/ban-dangers.js'
import type { ControlReplica } from './admission/control-replica.js'
import { forgiveLifted, type Ladder } from './admission/ladder.js'
import { nextTurn } from './admission/next-turn.js'
import { checkAbout, checkBanSubject, checkList, checkMoment, checkReason, checkText } from './check-arguments.js'
import type { Follower } from './follower.js'
import type { GateBans } from './gate.js'

export interface BanDesk {
  /** Keeps a ban as it is and puts it in force here. */
  store(ban: NewBan, actorAddress?: string): Promise<{ readonly ban: Ban; readonly sockets: number }>
  /** What others may do. */
  readonly bans: GateBans
}

/** Makes the bans of a gate: kept in their store first, then in force on this node, then enforced on its sockets. */
export const createGateBans = (
  stored: Bans,
  parts: {
    readonly replica: ControlReplica
    readonly follower: Pick<Follower, 'enforce' | 'enforceAll'>
    readonly ladder: Pick<Ladder, 'forgive'>
    /** Nobody bans these by accident. */
    readonly networks: ProtectedNetworks
    readonly now: () => number
  },
): BanDesk => {
  const { replica, follower, ladder, now } = parts
  const dangersOf = createBanJudge(parts.networks)

  /** @throws DangerousBan for the first of these that is one. */
  const demandHarmless = (subjects: readonly BanSubject[]): void => {
    for (const subject of subjects) {
      const dangers = dangersOf(subject)
      if (dangers.length > 0) throw new DangerousBan(subject, dangers)
    }
  }

  const store = async (ban: NewBan, actorAddress?: string) => {
    const kept = await stored.add(ban, actorAddress)
    const change = { kind: 'ban_added', ban: kept } as const
    replica.apply(change)
    return { ban: kept, sockets: await follower.enforce(change) }
  }

  const bans: GateBans = {
    async add(subject, about) {
      checkBanSubject('ban', subject)
      checkAbout('ban', about)
      const { reason, actor, actorAddress, durationMs, source, force = false } = about
      checkReason(reason)
      checkText('ban', 'actor', actor)
      checkDuration(durationMs)
      if (!force) demandHarmless([subject])
      const createdAt = now()
      const expiresAt = durationMs === undefined ? undefined : createdAt + durationMs
      return await store({ subject, reason, actor, source: source ?? 'manual', createdAt, expiresAt }, actorAddress)
    },
    async addAll(list, about) {
      checkAbout('ban', about)
      const { actor, actorAddress, source, force = false } = about
      checkText('ban', 'actor', actor)
      checkList('ban', 'bans', list)
      for (const { subject, reason, expiresAt } of list) {
        checkBanSubject('ban', subject)
        checkReason(reason)
        if (expiresAt !== undefined) checkMoment('ban', 'expiresAt', expiresAt)
      }
      if (!force) demandHarmless(list.map(({ subject }) => subject))
      const createdAt = now()
      const kept = await stored.addAll(list.map((ban) => ({ ...ban, actor, source, createdAt })), actorAddress)
      const changes = kept.map((ban) => ({ kind: 'ban_added', ban }) as const)
      for (const [index, change] of changes.entries()) {
        // A long list is taken up in several turns of the event loop.
        if (index > 0 && index % applyAtOnce === 0) await nextTurn()
        replica.apply(change)
      }
      return { bans: kept, sockets: await follower.enforceAll(changes) }
    },
    async lift(subject, actor, actorAddress) {
      checkBanSubject('lift a ban', subject)
      checkText('lift a ban', 'actor', actor)
      const lifted = await stored.lift(subject, actor, now(), actorAddress)
      for (const ban of lifted) {
        replica.apply({ kind: 'ban_lifted', ban })
        forgiveLifted(ladder, ban)
      }
      return lifted
    },
    list: () => stored.list(now()),
    page: (after, limit) => stored.page(now(), after, limit),
    findAddress: (address) => replica.bans.findAddress(address, now()),
  }
  return { store, bans }
}

/** Bans that are taken up in one turn of the event loop. */
const applyAtOnce = 250

/** @throws RangeError for a duration that is none: such a ban would be kept, and never be in force. */
const checkDuration = (durationMs: number | undefined): void => {
  if (durationMs === undefined || (Number.isFinite(durationMs) && durationMs > 0)) return
  throw new RangeError(`Cannot ban as "durationMs" must be a number of milliseconds above 0, or undefined for a ban without end: current value is ${String(durationMs)}`)
}
