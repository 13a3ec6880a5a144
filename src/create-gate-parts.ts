import { createDecisionRing, type DecisionRing } from './admission/decision-ring.js'
import type { Capacity } from './admission/capacity.js'
import { loadControlReplica, type ControlReplica } from './admission/control-replica.js'
import { createBlockingGuard, type BlockingGuard } from './admission/guard/blocking-guard.js'
import { guardPorts } from './admission/guard/guard-ports.js'
import { createLadder, ladderMemoryMs } from './admission/ladder.js'
import type { Limits, LimitsConfig } from './admission/limits.js'
import { createLobby, type Lobby } from './admission/lobby.js'
import type { Rules } from './admission/rules.js'
import { createTicketDesk, type TicketDesk } from './admission/sell-ticket.js'
import { strictMemberships } from './admission/strict-memberships.js'
import { createEndpointTable } from './admission/steps/endpoints.js'
import { createTickets } from './admission/tickets.js'
import { createVerifier, type TokenVerifier } from './admission/token/create-verifier.js'
import { createUserCache, defaultUserCache } from './admission/user-cache.js'
import type { User } from './admission/user.js'
import { createAllowListWatch, type AllowListWatch } from './allow-list-watch.js'
import { createGateBans } from './create-gate-bans.js'
import { createReceiver, type Receiver } from './create-receiver.js'
import { createRules } from './create-rules.js'
import { createSessionEnds, type SessionEnds } from './create-session-ends.js'
import { createFollower, type Follower } from './follower.js'
import type { GateOptions, GateStores } from './gate-options.js'
import type { GateBans } from './gate.js'
import { createKeyWatch, type KeyWatch } from './key-watch.js'
import { createSessions, defaultSessions, type SessionRegistry } from './session/sessions.js'
import { createMemoryLimits } from './stores/memory/memory-limits.js'

/** What a gate is made of. Nothing of it runs yet. */
export interface GateParts<U extends User> {
  readonly rules: Rules<U> & { policyVersion: string }
  readonly replica: ControlReplica
  readonly verifier: TokenVerifier
  readonly limits: Limits
  readonly sessions: SessionRegistry<U>
  readonly decisions: DecisionRing<U>
  readonly receiver: Receiver<U>
  readonly follower: Follower<U>
  readonly keyWatch: KeyWatch<U>
  readonly allowListWatch: AllowListWatch | undefined
  readonly ends: SessionEnds
  readonly bans: GateBans
  readonly desk: TicketDesk
  readonly lobby: Lobby | undefined
  readonly guard: BlockingGuard | undefined
}

/**
 * Makes the parts of a gate and ties them: what one of them learns, others are told.
 *
 * @throws TypeError or RangeError when an option is wrong or a key is weak, naming the option, the value and the remedy.
 * @throws StoreUnavailable when what was banned can't be loaded.
 */
export const createGateParts = async <U extends User>(
  options: GateOptions<U>,
  { stores, limitsConfig, capacity, now }: { readonly stores: GateStores; readonly limitsConfig: LimitsConfig; readonly capacity: Capacity; readonly now: () => number },
): Promise<GateParts<U>> => {
  const events = options.events ?? {}
  const guard = options.blockingGuard && createBlockingGuard(options.blockingGuard)
  const { lookupUser, memberships, limitsStore } = guardPorts<U>(options, guard)
  const limits = limitsStore ?? createMemoryLimits(limitsConfig)
  const decisions = createDecisionRing<U>(options.decisions)
  const endpoints = createEndpointTable(options.endpoints ?? [{ name: 'any', path: '*' }])
  const verifier = await createVerifier({
    issuers: options.issuers,
    jwks: options.jwks,
    clockToleranceMs: options.clockToleranceMs,
    told(notice) {
      events.keys?.(notice)
    },
    shortened() {
      keyWatch.shortened()
    },
  })
  const users = createUserCache<U>(
    { find: lookupUser },
    { ...defaultUserCache, ...options.userCache },
    now,
  )
  const replica: ControlReplica = await loadControlReplica(stores, now(), options.neverBanned, events.loading)

  const sessions = createSessions<U>(
    { ...defaultSessions, ...options.sessions },
    {
      ...events,
      opened(session) {
        capacity.socketOpened()
        events.opened?.(session)
        follower.opened(session)
        keyWatch.opened(session)
      },
      closed(session, code, reason) {
        capacity.socketClosed()
        limits.release(session.lease)
        events.closed?.(session, code, reason)
      },
    },
  )
  const keyWatch = createKeyWatch(sessions, now)

  const desk = createTicketDesk(createTickets())
  const lobby = options.carriers?.includes('first-frame') === true ? createLobby() : undefined
  const trustedProxies = options.proxies?.trustedProxies ?? []
  // A proxy has no bucket itself, but the /64 of a stranger beside it holds it.
  const ladder = createLadder({ mode: 'dry-run', ...options.ladder, allowed: [...(options.neverBanned ?? []), ...trustedProxies] })
  for (const past of (await stores.ladderBans?.(now() - ladderMemoryMs)) ?? []) ladder.remember(past)
  const rules = createRules<U>(options, {
    bans: replica.bans,
    revocations: replica.revocations,
    capacity,
    endpoints,
    verifier,
    tickets: desk.tickets,
    lobby,
    ladder,
    laddered(verdict) {
      events.laddered?.(verdict)
      if (verdict.outcome === 'ban') follower.inBackground('ladder', async () => void (await storeBan(verdict.ban)))
    },
    users,
    memberships: memberships && strictMemberships(memberships),
    limits,
  })

  const ends = createSessionEnds({
    sessions,
    control: stores.control,
    readers: stores.readers,
    now,
    failed(error) {
      events.failed?.('control log', error)
    },
  })
  const follower = createFollower({ replica, sessions, ends, users, ladder, endpoints, events, dryRun: rules.dryRun, now, pollMs: stores.pollMs ?? 400 })

  const allowListWatch =
    options.allowList &&
    createAllowListWatch({
      allowList: options.allowList,
      sessions,
      now,
      allowListMs: rules.deadlines.allowListMs,
      told(reached, error) {
        events.listed?.(reached)
        if (!reached) events.failed?.('allow-list', error)
      },
    })
  const { store: storeBan, bans } = createGateBans(stores.bans, {
    replica,
    follower,
    ladder,
    networks: { trustedProxies, allowed: options.neverBanned ?? [] },
    now,
  })

  const receiver = createReceiver<U>({ rules, lobby, decisions, events, now })
  return { rules, replica, verifier, limits, sessions, decisions, receiver, follower, keyWatch, allowListWatch, ends, bans, desk, lobby, guard }
}
