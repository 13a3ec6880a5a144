import { setTimeout as pause } from 'node:timers/promises'
import { admit } from './admission/admit.js'
import type { AllowList } from './admission/allow-list.js'
import { createCapacity } from './admission/capacity.js'
import type { ControlChange } from './admission/control.js'
import { identify } from './admission/identify.js'
import { defaultLimits, maxSocketsOf, type LimitsConfig } from './admission/limits.js'
import { policyVersionOf } from './admission/policy-version.js'
import { judgeRenewal } from './admission/renewal.js'
import { sellTicket } from './admission/sell-ticket.js'
import { shown } from './admission/shown.js'
import type { IssuerConfig } from './admission/token/issuer.js'
import type { User } from './admission/user.js'
import { checkEndedSubject, checkRevocation, checkText, checkTicketRequest } from './check-arguments.js'
import { checkHandshake } from './check-handshake.js'
import { checkNumbers } from './check-numbers.js'
import { checkNewIssuers, checkOptions } from './check-options.js'
import { createGateParts } from './create-gate-parts.js'
import type { GateOptions, GateStores } from './gate-options.js'
import type { Gate } from './gate.js'
import { createUpgrade } from './node/upgrade.js'
import { notAToken } from './not-a-token.js'
import { deny } from './protocol/denial.js'
import { createMemoryBans } from './stores/memory/memory-bans.js'
import { createMemoryControlLog } from './stores/memory/memory-control-log.js'
import { createMemoryRevocations } from './stores/memory/memory-revocations.js'

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
  checkOptions(options)
  if (options.carriers?.includes('cookie') === true && (options.origins ?? []).length === 0)
    throw new TypeError('Cannot create a gate as "origins" must name your pages when "carriers" has cookie: any page could use it')
  checkAllowList(options.issuers, options.allowList)
  checkNumbers(options)
  const now = (): number => Date.now()
  const stores = options.stores ?? memoryStores()
  const limitsConfig: LimitsConfig = { ...defaultLimits, ...options.limits }
  const capacity = createCapacity({ maxSockets: maxSocketsOf(limitsConfig), ...options.capacity })
  const parts = await createGateParts(options, { stores, limitsConfig, capacity, now }).catch((error: unknown) => {
    capacity.stop()
    throw error
  })
  const { rules, replica, verifier, limits, sessions, decisions, receiver, follower, keyWatch, allowListWatch, ends, bans, desk, lobby, guard } = parts
  sessions.start()
  verifier.start()
  follower.start()
  await allowListWatch?.start()

  const changed = async (change: ControlChange): Promise<number> => {
    replica.apply(change)
    return await follower.enforce(change)
  }

  return {
    upgrade: (wss, onSession) =>
      createUpgrade(
        {
          refusals: options.refusals ?? 'auto',
          sessions,
          admit: receiver.receive,
          outOfTurn: receiver.outOfTurn,
          abandoned(decision) {
            limits.release(decision.lease)
          },
          now,
        },
        wss,
        onSession,
      ),
    async admit(handshake) {
      checkHandshake('admit', handshake)
      return await receiver.decide(handshake)
    },
    identify: async (token, checkTime) => notAToken(token) ?? (await identify(rules, token, now(), checkTime)),
    limits,
    async explain(handshake) {
      checkHandshake('explain', handshake)
      return await admit(handshake, rules, 'explain')
    },
    bans,
    revocations: {
      async add(revocation, actor, actorAddress) {
        checkRevocation(revocation)
        checkText('revoke', 'actor', actor)
        await stores.revocations.add(revocation, actor, now(), actorAddress)
        return { sockets: await changed({ kind: 'revoked', revocation }) }
      },
      async enforce(revocation) {
        checkRevocation(revocation)
        return { sockets: await changed({ kind: 'revoked', revocation }) }
      },
    },
    users: {
      async changed(id) {
        checkText('look at a user', 'id', id)
        // Sockets of this node first: they must not wait for a store that is away.
        const sockets = await changed({ kind: 'user_changed', userId: id })
        await stores.control.userChanged(id, now())
        return { sockets }
      },
    },
    async endSessions(subject) {
      checkEndedSubject(subject)
      return await ends.end(subject)
    },
    issuers: {
      async replace(issuers) {
        checkNewIssuers(issuers)
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
        checkTicketRequest(request)
        const answer = await sellTicket(rules, desk, request, now())
        options.events?.ticket?.(answer, request.path)
        return answer
      },
    },
    async reauthenticate(session, token) {
      const verdict = notAToken(token) ?? (await judgeRenewal(rules, session, token, now()))
      if ('reason' in verdict) return verdict
      sessions.renewed(session, verdict)
      // What changed while the token was judged closed only sockets that it spoke for then.
      follower.opened(session)
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
      if (typeof overMs !== 'number' || !Number.isFinite(overMs) || overMs < 0)
        throw new RangeError(`Cannot drain as "overMs" must be a number of milliseconds from 0: current value is ${shown(overMs)}`)
      capacity.drain()
      lobby?.dismiss(deny('draining', { retryAfterMs: overMs }))
      const deadline = performance.now() + overMs
      for (;;) {
        // Each socket is told its own delay within the whole, so that the herd does not come back at once. Handshakes that wait since before open more of them.
        for (const session of [...sessions]) sessions.close(session, deny('draining', { retryAfterMs: Math.random() * overMs }))
        if ((sessions.count === 0 && capacity.load.inFlight === 0) || performance.now() >= deadline) return sessions.count
        await pause(20)
      }
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
