import type { AllowList } from './admission/allow-list.js'
import { admit } from './admission/admit.js'
import { createCapacity } from './admission/capacity.js'
import { loadControlReplica, type ControlReplica } from './admission/control-replica.js'
import type { ControlChange } from './admission/control.js'
import { createDecisionRing } from './admission/decision-ring.js'
import { createBlockingGuard } from './admission/guard/blocking-guard.js'
import { guardPorts } from './admission/guard/guard-ports.js'
import { identify } from './admission/identify.js'
import { createLadder, ladderMemoryMs } from './admission/ladder.js'
import type { LimitsConfig } from './admission/limits.js'
import { createLobby } from './admission/lobby.js'
import { policyVersionOf } from './admission/policy-version.js'
import { createTicketDesk, sellTicket } from './admission/sell-ticket.js'
import { createEndpointTable } from './admission/steps/endpoints.js'
import { judgeRenewal } from './admission/renewal.js'
import { createTickets } from './admission/tickets.js'
import { createVerifier } from './admission/token/create-verifier.js'
import type { IssuerConfig } from './admission/token/issuer.js'
import { createUserCache, defaultUserCache } from './admission/user-cache.js'
import type { User } from './admission/user.js'
import { createAllowListWatch } from './allow-list-watch.js'
import { createGateBans } from './create-gate-bans.js'
import { createReceiver } from './create-receiver.js'
import { createRules } from './create-rules.js'
import { createFollower } from './follower.js'
import type { Gate, GateOptions, GateStores } from './gate.js'
import { createSessionEnds } from './create-session-ends.js'
import { createKeyWatch } from './key-watch.js'
import { createUpgrade } from './node/upgrade.js'
import { deny } from './protocol/denial.js'
import { createSessions, defaultSessions } from './session/sessions.js'
import { createMemoryBans } from './stores/memory/memory-bans.js'
import { createMemoryControlLog } from './stores/memory/memory-control-log.js'
import { createMemoryLimits } from './stores/memory/memory-limits.js'
import { createMemoryRevocations } from './stores/memory/memory-revocations.js'

/** The limits of a gate whose options name none. */
export const defaultLimits: LimitsConfig = {
  userConnects: { max: 60, windowMs: 60_000 },
  addressConnects: { max: 1_200, windowMs: 60_000 },
  userSockets: 60,
  addressSockets: 2_000,
  nodeSockets: 20_000,
}

const memoryStores = (): GateStores => {
  const control = createMemoryControlLog()
  return { control, bans: createMemoryBans(control), revocations: createMemoryRevocations(control) }
}

/**
 * Creates a gate.
 *
 * Shape: options in, a running gate out; it owns a timer for the heartbeat and one for the control log, both unreferenced.
 *
 * @throws TypeError or RangeError when an option is wrong or a key is weak, naming the option, the value and the remedy.
 * @throws StoreUnavailable when the bans can't be loaded: a gate that never knew them admits nobody.
 * @example
 * const gate = await createGate({ issuers: [{ profile: 'standard', algorithms: ['HS512'], secret }], lookupUser })
 * server.on('upgrade', gate.upgrade(wss, (ws, session) => { ws.send(`hello ${session.user.id}`) }))
 */
export const createGate = async <U extends User>(options: GateOptions<U>): Promise<Gate<U>> => {
  if (options.carriers?.includes('cookie') === true && (options.origins ?? []).length === 0)
    throw new TypeError('Cannot create a gate as "origins" must name your pages when "carriers" has cookie: any page could use it')
  checkAllowList(options.issuers, options.allowList)
  const now = (): number => Date.now()
  const events = options.events ?? {}
  const stores = options.stores ?? memoryStores()
  const limitsConfig: LimitsConfig = { ...defaultLimits, ...options.limits }
  const guard = options.blockingGuard && createBlockingGuard(options.blockingGuard)
  const { lookupUser, memberships, limitsStore } = guardPorts<U>(options, guard)
  const limits = limitsStore ?? createMemoryLimits(limitsConfig)
  const capacity = createCapacity({ maxSockets: limitsConfig.nodeSockets, ...options.capacity })
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
  sessions.start()
  verifier.start()

  const desk = createTicketDesk(createTickets())
  const lobby = options.carriers?.includes('first-frame') === true ? createLobby() : undefined
  const ladder = createLadder({ mode: 'dry-run', ...options.ladder, allowed: options.neverBanned ?? [] })
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
    memberships,
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
  const follower = createFollower({ replica, sessions, ends, users, endpoints, events, dryRun: rules.dryRun, now, pollMs: stores.pollMs ?? 400 })
  // The memory stores have no other writers, so there is nothing to follow.
  if (options.stores !== undefined) follower.start()

  const allowListWatch =
    options.allowList &&
    createAllowListWatch({
      allowList: options.allowList,
      sessions,
      now,
      told(reached, error) {
        events.listed?.(reached)
        if (!reached) events.failed?.('allow-list', error)
      },
    })
  allowListWatch?.start()

  const changed = async (change: ControlChange): Promise<number> => {
    replica.apply(change)
    return await follower.enforce(change)
  }
  const { store: storeBan, bans } = createGateBans(stores.bans, {
    replica,
    follower,
    ladder,
    networks: { trustedProxies: options.proxies?.trustedProxies ?? [], allowed: options.neverBanned ?? [] },
    now,
  })

  const { decide, receive } = createReceiver<U>({ rules, lobby, decisions, events, now })

  return {
    upgrade: (wss, onSession) =>
      createUpgrade(
        {
          refusals: options.refusals ?? 'auto',
          sessions,
          admit: receive,
          abandoned(decision) {
            limits.release(decision.lease)
          },
          now,
        },
        wss,
        onSession,
      ),
    admit: async (handshake) => await decide(handshake),
    identify: (token, checkTime) => identify(rules, token, now(), checkTime),
    limits,
    explain: async (handshake) => await admit(handshake, rules, 'explain'),
    bans,
    revocations: {
      async add(revocation, actor, actorAddress) {
        await stores.revocations.add(revocation, actor, now(), actorAddress)
        return { sockets: await changed({ kind: 'revoked', revocation }) }
      },
      enforce: async (revocation) => ({ sockets: await changed({ kind: 'revoked', revocation }) }),
    },
    users: {
      async changed(id) {
        // Sockets of this node first: they must not wait for a store that is away.
        const sockets = await changed({ kind: 'user_changed', userId: id })
        await stores.control.userChanged(id, now())
        return { sockets }
      },
    },
    endSessions: async (subject) => await ends.end(subject),
    issuers: {
      async replace(issuers) {
        checkAllowList(issuers, options.allowList)
        const warnings = await verifier.replace(issuers)
        rules.policyVersion = policyVersionOf({ ...options, issuers })
        return warnings
      },
      get away() {
        return verifier.away
      },
    },
    tickets: {
      async issue(request) {
        if (!rules.carriers.has('ticket')) throw new TypeError('Cannot issue a ticket as "carriers" has no ticket: nobody could use it')
        const answer = await sellTicket(rules, desk, request, now())
        events.ticket?.(answer, request.path)
        return answer
      },
    },
    async reauthenticate(session, token) {
      const verdict = await judgeRenewal(rules, session, token, now())
      if ('reason' in verdict) return verdict
      sessions.renewed(session, verdict)
      keyWatch.opened(session)
      return { expiresAt: verdict.expiresAt }
    },
    get banCount() {
      return replica.bans.size
    },
    sessions,
    decisions,
    verifier,
    warnings: verifier.warnings,
    get follows() {
      return follower.reached
    },
    get lists() {
      return allowListWatch?.reached
    },
    get load() {
      return capacity.load
    },
    async drain(overMs) {
      capacity.drain()
      lobby?.dismiss(deny('draining', { retryAfterMs: overMs }))
      // Each socket is told its own delay within the whole, so that the herd does not come back at once.
      for (const session of [...sessions]) sessions.close(session, deny('draining', { retryAfterMs: Math.random() * overMs }))
      const deadline = performance.now() + overMs
      while (sessions.count > 0 && performance.now() < deadline) await pause(20)
      return sessions.count
    },
    stop() {
      sessions.stop()
      follower.stop()
      allowListWatch?.stop()
      verifier.stop()
      capacity.stop()
      guard?.stop()
    },
  }
}

/** A prefix without a list would let in every token of its issuer, and nobody would notice. */
const checkAllowList = (issuers: readonly IssuerConfig[], allowList: AllowList | undefined): void => {
  const index = issuers.findIndex(({ allowListPrefix }) => allowListPrefix !== undefined)
  if (index !== -1 && allowList === undefined) throw new TypeError(`Cannot take the issuers as "issuers[${String(index)}].allowListPrefix" needs the option "allowList": there is nobody to ask`)
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
