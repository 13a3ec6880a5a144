import { deny, type Denial } from '../protocol/denial.js'
import { resolveClient } from './address/resolve-client.js'
import type { ClientAddress } from './address/client-address.js'
import type { Decision, Denied, Principal, StepName } from './decision.js'
import type { Endpoint } from './endpoint.js'
import { failureDenial } from './failure-denial.js'
import type { Handshake } from './handshake.js'
import type { Allowance } from './limits.js'
import { Patience } from './patience.js'
import type { Rules } from './rules.js'
import { chargeFault, checkBudget } from './steps/address-costs.js'
import { findCredential, type Credential } from './steps/credential.js'
import { checkForwarded } from './steps/forwarded.js'
import { askAllowList, struckOff } from './steps/listed.js'
import { checkOrigin } from './steps/origin.js'
import { verify } from './steps/proof.js'
import { readQuery } from './steps/query.js'
import { checkRevoked, checkUser, userBanned } from './steps/standing.js'
import { readOffer } from './steps/subprotocols.js'
import { checkForm } from './steps/well-formed.js'
import type { Claims } from './token/claims.js'
import type { User } from './user.js'
import { Walk } from './walk.js'
import { settle, type Answer, type Work } from './work.js'

/**
 * Whether an attempt counts: `explain` walks the same stairs, takes nothing and teaches the ladder nothing.
 */
export type Mode = 'live' | 'explain'

/**
 * Decides about one handshake.
 *
 * @returns A decision: at once when everything it depends on is in memory, else a promise. Nothing a stranger sends, and no store that is away,
 * makes it throw or reject.
 */
export const admit = <U extends User>(handshake: Handshake, rules: Rules<U>, mode: Mode = 'live'): Decision<U> | Promise<Decision<U>> =>
  settle(climb(handshake, rules, mode))

/**
 * Decides about a handshake that was accepted without a credential, once its first frame has come or has failed to. The whole staircase is walked again,
 * because it may have changed meanwhile.
 *
 * @param handshake - With the moment of the frame as `receivedAt`.
 * @param credential - The token of the frame, or why there is none.
 */
export const admitByFirstFrame = <U extends User>(handshake: Handshake, rules: Rules<U>, credential: string | Denial): Decision<U> | Promise<Decision<U>> =>
  settle(climb(handshake, rules, 'live', typeof credential === 'string' ? { carrier: 'first-frame', token: credential } : credential))

/** Whether a refused handshake lacks nothing but a credential, and may bring it in its first frame. */
export const mayWait = (decision: Decision, rules: Rules): boolean =>
  rules.lobby !== undefined && decision.outcome === 'denied' && decision.step === 'credential' && decision.denial.reason === 'token_missing' && decision.dialect === 'sallyport.v1'

/** The whole staircase, cheapest check first, each stair with one answer. */
const climb = function* <U extends User>(handshake: Handshake, rules: Rules<U>, mode: Mode, firstFrame?: Credential | Denial): Work<Decision<U>> {
  const walk = new Walk<U>(handshake, rules.policyVersion, rules.plainDialect)
  const landing = climbFirst(walk, rules, mode, firstFrame)
  if ('outcome' in landing) return landing
  const { client, endpoint, credential } = landing
  const at = handshake.receivedAt
  const live = mode === 'live'

  // From here on a stair may wait for somebody else.
  const patience = new Patience(walk, rules, live)
  let stair: StepName = 'token'
  try {
    const { tokenMs, allowListMs, userMs, topicMs, limitsMs } = rules.deadlines
    let verified = verify(rules, credential, handshake, live)
    if (verified instanceof Promise) {
      const asked = patience.ask('token', tokenMs, verified)
      yield asked.over
      verified = asked.value
    }
    if (!verified.ok && live) chargeFault(walk, rules, client, credential, verified.fault)
    const developmentUserId = verified.ok ? undefined : rules.developmentUserId
    if (!verified.ok && developmentUserId === undefined) return walk.deny('token', verified.denial)
    const claims: Claims | undefined = verified.ok ? verified.claims : undefined
    const userId = claims?.subject ?? developmentUserId ?? ''
    walk.userId = userId
    walk.pass('token', verified.ok ? (verified.cached ? 'cached' : verified.claims.issuer) : `${verified.denial.reason}, and a development user stands in`)

    stair = 'revocation'
    const revoked = checkRevoked(rules, claims, at)
    if (revoked) return walk.deny('revocation', revoked)
    const userBan = rules.bans.findUser(userId, at)
    if (userBan && !walk.excuses(rules.dryRun, 'revocation', 'user_ban')) return walk.deny('revocation', userBanned(userBan))
    const listed = askAllowList(rules.allowList, claims, at + allowListMs)
    if (listed !== undefined) {
      const asked = patience.ask('allow_list', allowListMs, listed)
      yield asked.over
      if (!asked.value) return walk.deny('revocation', struckOff)
    }
    walk.pass('revocation', listed && 'on the allow-list')

    stair = 'user'
    const held = rules.users.held(userId, at)
    let user = held
    if (held === undefined) {
      const asked = patience.ask('users', userMs, rules.users.find(userId, at + userMs))
      yield asked.over
      user = asked.value
    }
    const unfit = checkUser(rules, user, claims, endpoint)
    if (unfit || !user) return walk.deny('user', unfit ?? deny('user_unknown'))
    walk.pass('user', held ? 'cached' : 'looked up')

    stair = 'topic'
    if (endpoint.conversation !== undefined && rules.memberships) {
      const asked = patience.ask('memberships', topicMs, rules.memberships.mayEnter(user.id, endpoint.conversation, at + topicMs))
      yield asked.over
      if (!asked.value) return walk.deny('topic', deny('not_found', { detail: 'no such conversation for this user' }))
    }
    walk.pass('topic')

    stair = 'limits'
    const ask = { userId: user.id, addressKey: client.key, endpoint: endpoint.name, at }
    let allowance = live ? rules.limits.take(ask, at + limitsMs) : rules.limits.peek(ask, at + limitsMs)
    if (allowance instanceof Promise) {
      const asked = patience.ask('limits', limitsMs, allowance)
      yield asked.over
      allowance = inTime(rules, asked, allowance)
    }
    walk.facts.allowance = allowance
    if (!allowance.granted) return walk.deny('limits', limitDenial(allowance))
    if (allowance.wouldRefuse !== undefined) walk.mark('limits', `limits.${allowance.wouldRefuse}`)
    walk.pass('limits')

    if (live && client.key !== undefined) rules.ladder.admitted(client.key, at)
    const principal: Principal<U> = { user, claims, expiresAt: claims?.expiresAt, development: developmentUserId !== undefined }
    return walk.admit(endpoint, principal, allowance.lease)
  } catch (error) {
    return walk.deny(stair, failureDenial(error))
  } finally {
    patience.end()
  }
}

/** What is known half-way up, before anything that a handshake claims was proved. */
interface Landing {
  readonly client: ClientAddress
  readonly endpoint: Endpoint
  readonly credential: Credential | Denial
}

/** The stairs up to the credential: all that is decided from the request and from memory, so that nobody waits here. */
const climbFirst = <U extends User>(walk: Walk<U>, rules: Rules<U>, mode: Mode, firstFrame: Credential | Denial | undefined): Landing | Denied => {
  const { handshake } = walk
  const { headers, receivedAt: at } = handshake

  const malformed = checkForm(handshake, rules.hosts)
  if (malformed) return walk.deny('well_formed', malformed)
  const offer = readOffer(headers, rules.foreignSubprotocols)
  if ('reason' in offer) return walk.deny('well_formed', offer)
  const query = readQuery(handshake.target)
  if (offer.modern) walk.dialect = 'sallyport.v1'
  else if (query.firstGeneration && walk.dialect === 'classic.v2') walk.dialect = 'classic.v1'
  walk.pass('well_formed')

  const client = checkForwarded(headers, rules.refuseForwarded) ?? resolveClient(handshake, rules.proxies)
  if ('reason' in client) return walk.deny('client_address', client)
  walk.client = client
  walk.pass('client_address')

  // A trusted proxy's own address has no key: banning it would ban everybody behind it.
  const ban = client.key === undefined ? undefined : rules.bans.findAddress(client.address, at)
  if (ban && !walk.excuses(rules.dryRun, 'address_ban', 'address_ban')) return walk.deny('address_ban', deny('address_banned', { detail: `ban ${ban.id}` }))
  walk.pass('address_ban')

  const credential = firstFrame ?? findCredential(headers, offer, query, rules.carriers, rules.cookieName)
  walk.facts.credential = 'reason' in credential ? credential : credential.carrier
  walk.facts.carriers = rules.carriers
  const dry = checkBudget(rules, walk.facts, client, credential, handshake, mode === 'live')
  if (dry && !walk.excuses(rules.dryRun, 'address_budget', 'address_budget')) return walk.deny('address_budget', dry)
  walk.pass('address_budget')

  walk.facts.load = rules.capacity.load
  const full = rules.capacity.check()
  if (full) return walk.deny('capacity', full)
  walk.pass('capacity')

  const endpoint = rules.endpoints.match(handshake.target)
  if (!endpoint) return walk.deny('endpoint', deny('not_found'))
  walk.endpoint = endpoint
  walk.pass('endpoint')

  const foreign = checkOrigin(headers, rules.origins)
  // The list is all that keeps another page from using a cookie, so that no trial of the rule may pass one over.
  const isAmbient = !('reason' in credential) && credential.carrier === 'cookie'
  if (foreign && (isAmbient || !walk.excuses(rules.dryRun, 'origin', 'origin'))) return walk.deny('origin', foreign)
  walk.pass('origin')

  if ('reason' in credential && (firstFrame !== undefined || rules.developmentUserId === undefined || credential.reason !== 'token_missing')) {
    const crowd = firstFrame === undefined && offer.modern && credential.reason === 'token_missing' ? rules.lobby?.full(client.key) : undefined
    return walk.deny('credential', crowd ?? credential)
  }
  walk.pass('credential', 'reason' in credential ? 'none, and a development user stands in' : credential.carrier)
  return { client, endpoint, credential }
}

/** A lease that is granted after its time was given up is nobody's: it goes back, or its place would be taken for ever. */
const inTime = (rules: Rules, answer: Answer<Allowance>, asked: Promise<Allowance>): Allowance => {
  try {
    return answer.value
  } catch (error) {
    void asked.then(
      (late) => {
        if (late.granted) rules.limits.release(late.lease)
      },
      () => undefined,
    )
    throw error
  }
}

const limitDenial = (allowance: Allowance & { granted: false }): Denial => {
  const { rule, retryAfterMs } = allowance
  const reason = rule.endsWith('Connects') ? 'rate_limited' : rule === 'nodeSockets' ? 'overloaded' : 'too_many_connections'
  return deny(reason, { retryAfterMs, detail: `limits.${rule}` })
}
