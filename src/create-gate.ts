import { createHash } from 'node:crypto'
import type { AllowList } from './admission/allow-list.js'
import { createAddressBudget } from './admission/address-budget.js'
import { createProxies } from './admission/address/proxies.js'
import { admit, admitByFirstFrame, mayWait } from './admission/admit.js'
import { createCapacity } from './admission/capacity.js'
import { loadControlReplica, type ControlReplica } from './admission/control-replica.js'
import type { ControlChange } from './admission/control.js'
import { createDecisionRing } from './admission/decision-ring.js'
import type { Decision } from './admission/decision.js'
import { createBlockingGuard } from './admission/guard/blocking-guard.js'
import { guardPorts } from './admission/guard/guard-ports.js'
import type { Handshake } from './admission/handshake.js'
import { identify } from './admission/identify.js'
import { createLadder, ladderMemoryMs } from './admission/ladder.js'
import type { LimitsConfig } from './admission/limits.js'
import { createLobby } from './admission/lobby.js'
import { defaultDeadlines, type Rules } from './admission/rules.js'
import { createTicketDesk, sellTicket } from './admission/sell-ticket.js'
import { defaultCarriers, defaultCookieName } from './admission/steps/credential.js'
import { createEndpointTable } from './admission/steps/endpoints.js'
import { judgeRenewal } from './admission/renewal.js'
import { createTickets } from './admission/tickets.js'
import { createVerifier } from './admission/token/create-verifier.js'
import type { IssuerConfig } from './admission/token/issuer.js'
import { createUserCache, defaultUserCache } from './admission/user-cache.js'
import type { User } from './admission/user.js'
import type { Waiting } from './admission/waiting.js'
import { createAllowListWatch } from './allow-list-watch.js'
import { createFollower } from './follower.js'
import type { Gate, GateOptions, GateStores } from './gate.js'
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
  const replica: ControlReplica = await loadControlReplica(stores, now(), options.neverBanned)

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
  let policyVersion = policyVersionOf(options)
  const rules: Rules<U> = {
    get policyVersion() {
      return policyVersion
    },
    dryRun: new Set(options.dryRun),
    hosts: options.hosts && new Set(options.hosts.map((host) => host.toLowerCase())),
    proxies: createProxies(options.proxies ?? { trustedProxies: [], forwarding: 'x-forwarded-for' }),
    refuseForwarded: options.refuseForwarded ?? false,
    bans: replica.bans,
    budget: createAddressBudget(options.addressBudget),
    capacity,
    endpoints,
    origins: { allowed: options.origins && new Set(options.origins), required: options.requireOrigin ?? false },
    carriers: new Set(options.carriers ?? defaultCarriers),
    cookieName: options.cookieName ?? defaultCookieName,
    foreignSubprotocols: (options.dialect ?? 'plain') === 'plain',
    plainDialect: options.dialect ?? 'plain',
    verifier,
    tickets: desk.tickets,
    lobby,
    ladder,
    laddered(verdict) {
      events.laddered?.(verdict)
      if (verdict.outcome === 'ban') follower.inBackground('ladder', async () => void (await applyBan(verdict.ban)))
    },
    revocations: replica.revocations,
    allowList: options.allowList,
    users,
    memberships,
    limits,
    developmentUserId: options.developmentUserId,
    deadlines: { ...defaultDeadlines, ...options.deadlines },
  }

  const follower = createFollower({ replica, sessions, users, endpoints, events, dryRun: rules.dryRun, now, pollMs: stores.pollMs ?? 400 })
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

  const applyBan = async (ban: Parameters<typeof stores.bans.add>[0]) => {
    const kept = await stores.bans.add(ban)
    return { ban: kept, sockets: await changed({ kind: 'ban_added', ban: kept }) }
  }
  const applyBans = async (bans: Parameters<typeof stores.bans.addAll>[0]) => {
    const kept = await stores.bans.addAll(bans)
    const changes = kept.map((ban) => ({ kind: 'ban_added', ban }) as const)
    for (const [index, change] of changes.entries()) {
      // A long list is taken up in several turns of the event loop.
      if (index > 0 && index % applyAtOnce === 0) await nextTurn()
      replica.apply(change)
    }
    return { bans: kept, sockets: await follower.enforceAll(changes) }
  }
  const changed = async (change: ControlChange): Promise<number> => {
    replica.apply(change)
    return await follower.enforce(change)
  }

  const decide = (handshake: Handshake): Decision<U> | Promise<Decision<U>> => {
    const startedAt = performance.now()
    return keep(handshake, startedAt, admit(handshake, rules))
  }
  const keep = (handshake: Handshake, startedAt: number, made: Decision<U> | Promise<Decision<U>>): Decision<U> | Promise<Decision<U>> => {
    if (made instanceof Promise) return made.then((decision) => keep(handshake, startedAt, decision))
    decisions.keep(made)
    events.decided?.(made, performance.now() - startedAt, handshake)
    return made
  }
  /** A handshake at a server: one that lacks nothing but its credential may wait for its first frame, and is decided about then. */
  const receive = (handshake: Handshake): Decision<U> | Promise<Decision<U>> | Waiting<U> => {
    const startedAt = performance.now()
    const first = admit(handshake, rules)
    if (lobby === undefined || first instanceof Promise || !mayWait(first, rules)) return keep(handshake, startedAt, first)
    let leave: (() => void) | undefined
    return {
      outcome: 'waiting',
      enter(dismiss) {
        leave = lobby.enter(first.client?.key, dismiss)
      },
      decide(credential) {
        leave?.()
        const whole = { ...handshake, receivedAt: now() }
        return keep(whole, performance.now(), admitByFirstFrame(whole, rules, credential))
      },
    }
  }

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
    bans: {
      add(subject, { reason, actor, durationMs, source }) {
        const createdAt = now()
        const expiresAt = durationMs === undefined ? undefined : createdAt + durationMs
        return applyBan({ subject, reason, actor, source: source ?? 'manual', createdAt, expiresAt })
      },
      addAll(bans, { actor, source }) {
        const createdAt = now()
        return applyBans(bans.map((ban) => ({ ...ban, actor, source, createdAt })))
      },
      async lift(subject, actor) {
        const lifted = await stores.bans.lift(subject, actor, now())
        for (const ban of lifted) {
          replica.apply({ kind: 'ban_lifted', ban })
          // Who was forgiven by a person begins again at the first rung.
          if (ban.source === 'ladder' && ban.subject.kind === 'network') ladder.forgive(ban.subject.network)
        }
        return lifted
      },
      list: () => stores.bans.list(now()),
      page: (after, limit) => stores.bans.page(now(), after, limit),
      findAddress: (address) => replica.bans.findAddress(address, now()),
    },
    revocations: {
      async add(revocation, actor) {
        await stores.revocations.add(revocation, actor, now())
        return { sockets: await changed({ kind: 'revoked', revocation }) }
      },
    },
    users: {
      async changed(id) {
        // Sockets of this node first: they must not wait for a store that is away.
        const sockets = await changed({ kind: 'user_changed', userId: id })
        await stores.control.userChanged(id, now())
        return { sockets }
      },
    },
    issuers: {
      async replace(issuers) {
        checkAllowList(issuers, options.allowList)
        const warnings = await verifier.replace(issuers)
        policyVersion = policyVersionOf({ ...options, issuers })
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

/** Bans that are taken up in one turn of the event loop. */
const applyAtOnce = 250

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A prefix without a list would let in every token of its issuer, and nobody would notice. */
const checkAllowList = (issuers: readonly IssuerConfig[], allowList: AllowList | undefined): void => {
  const index = issuers.findIndex(({ allowListPrefix }) => allowListPrefix !== undefined)
  if (index !== -1 && allowList === undefined) throw new TypeError(`Cannot take the issuers as "issuers[${String(index)}].allowListPrefix" needs the option "allowList": there is nobody to ask`)
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A short name for the rules in force: equal options give equal versions, and no secret can be read back from it. */
const policyVersionOf = (options: object): string => {
  const text = JSON.stringify(options, (key, value: unknown) => {
    if (key === 'secret' || key === 'events' || key === 'stores' || key === 'limitsStore' || key === 'allowList' || key === 'blockingGuard') return undefined
    return typeof value === 'bigint' ? String(value) : value
  })
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
