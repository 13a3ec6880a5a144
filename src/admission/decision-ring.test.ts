import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deny } from '../protocol/denial.js'
import { outlineOf } from './decision-outline.js'
import { createDecisionRing } from './decision-ring.js'
import { stepNames, type Decision } from './decision.js'
import type { Allowance } from './limits.js'
import { handshakeOf } from './testing/staircase.js'
import { Walk } from './walk.js'

const decision = (): Decision => new Walk(handshakeOf(), 'v1', 'plain').deny('well_formed', deny('bad_request'))

/** A decision as it is read, with its steps as a value. */
const whole = (one: Decision | undefined): object | undefined => one && { ...one, steps: one.steps }

test('a decision is found by its id until newer ones have taken its place', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 60 }), (capacity, count) => {
      const ring = createDecisionRing(capacity)
      const all = Array.from({ length: count }, decision)
      for (const one of all) ring.keep(one)
      const kept = all.slice(-capacity).map(({ id }) => id)
      expect(ring.size).toBe(Math.min(count, capacity))
      expect(all.flatMap(({ id }) => ring.find(id)?.id ?? [])).toEqual(kept)
      expect(ring.newest(1_000).map(({ id }) => id)).toEqual(kept.toReversed())
      expect(ring.newest(3).map(({ id }) => id)).toEqual(kept.toReversed().slice(0, 3))
    }),
    { numRuns: 50 },
  )
})

test('the newest can be asked for by what they are, and the limit counts what matches', () => {
  const ring = createDecisionRing()
  const all = Array.from({ length: 6 }, decision)
  for (const one of all) ring.keep(one)
  const wanted = new Set([all[0]?.id, all[2]?.id, all[4]?.id])
  expect(ring.newest(2, ({ id }) => wanted.has(id)).map(({ id }) => id)).toEqual([all[4]?.id, all[2]?.id])
  expect(ring.newest(0)).toEqual([])
})

const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const text = fc.string({ maxLength: 8 })
const amount = fc.double({ noNaN: true })
const level = { available: amount, capacity: amount, refillPerSecond: amount }
const budget = fc.oneof(fc.record({ granted: fc.constant(true as const), ...level }), fc.record({ granted: fc.constant(false as const), ...level, retryAfterMs: amount }))
const load = fc.record({
  loopDelayMs: amount,
  inFlight: fc.nat(),
  sockets: fc.nat(),
  draining: fc.boolean(),
  maxLoopDelayMs: amount,
  maxInFlight: fc.nat(),
  maxSockets: fc.nat(),
  delayShut: fc.boolean(),
  flightShut: fc.boolean(),
})
const rule = fc.constantFrom('userConnects' as const, 'addressConnects' as const, 'endpointConnects' as const, 'userSockets' as const, 'addressSockets' as const, 'nodeSockets' as const)
const lease = fc.record({ userId: text, addressKey: some(text) })
const window = { max: 60, windowMs: 60_000 }
const levels = fc.record({
  counts: fc.record({
    userConnects: some(fc.nat()),
    addressConnects: some(fc.nat()),
    endpointConnects: some(fc.nat()),
    userSockets: some(fc.nat()),
    addressSockets: some(fc.nat()),
    nodeSockets: some(fc.nat()),
  }),
  limits: fc.constant({ userConnects: window, addressConnects: window, userSockets: 60, addressSockets: 60, nodeSockets: 60 }),
})
const told = fc.record({ levels }, { requiredKeys: [] })
const allowance: fc.Arbitrary<Allowance> = fc.oneof(
  fc.tuple(fc.record({ granted: fc.constant(true as const), lease, wouldRefuse: some(rule) }), told).map(([one, more]) => ({ ...one, ...more })),
  fc.tuple(fc.record({ granted: fc.constant(false as const), rule, retryAfterMs: amount }), told).map(([one, more]) => ({ ...one, ...more })),
)
const denial = fc.record({ reason: fc.constantFrom('bad_request' as const, 'token_invalid' as const), detail: text })
const carrier = fc.constantFrom('header' as const, 'query' as const)
const claims = {
  subject: '1',
  issuer: 'us',
  key: { issuer: 'us', kid: undefined, notAfter: Number.POSITIVE_INFINITY, withdrawn: false },
  tokenId: undefined,
  issuedAt: undefined,
  expiresAt: 1,
  role: undefined,
  epoch: undefined,
  payload: {},
}

/** What a walk may bring, whether or not the staircase ever does. */
const someDecision: fc.Arbitrary<Decision> = fc
  .record({
    path: fc.constantFrom('/ws/', '/ws/chat/7/'),
    receivedAt: fc.double({ min: 0, max: 8.64e15, noNaN: true }),
    origin: some(fc.constantFrom('https://app.example', 'null')),
    forwarded: some(fc.constantFrom('198.51.100.7', '::1')),
    client: some(fc.record({ address: text, key: some(text), forwarded: fc.boolean() })),
    endpoint: fc.record({ name: text, conversation: some(text) }),
    isEndpointKnown: fc.boolean(),
    userId: some(text),
    facts: fc.record({ budget: some(budget), load: some(load), allowance: some(allowance), credential: some(fc.oneof(carrier, denial)), carriers: some(fc.constant(new Set(['header' as const]))) }),
    stairs: fc.array(fc.record({ detail: some(text), waits: fc.boolean() }), { maxLength: stepNames.length - 1 }),
    mark: fc.boolean(),
    end: fc.oneof(fc.record({ denial }), fc.record({ principal: fc.record({ user: fc.record({ id: text, active: fc.constant(true) }), claims: some(fc.constant(claims)), expiresAt: some(amount), development: fc.boolean() }), lease })),
  })
  .map(({ path, receivedAt, origin, forwarded, client, endpoint, isEndpointKnown, userId, facts, stairs, mark, end }) => {
    const headers = { ...(origin !== undefined && { origin: [origin] }), ...(forwarded !== undefined && { 'x-forwarded-for': [forwarded] }) }
    const walk = new Walk(handshakeOf({ target: path, receivedAt, headers }), 'v1', 'classic.v2')
    walk.client = client
    walk.endpoint = isEndpointKnown ? endpoint : undefined
    walk.userId = userId
    Object.assign(walk.facts, facts)
    for (const [stair, { detail, waits }] of stairs.entries()) {
      const name = stepNames[stair] ?? 'limits'
      if (waits) walk.waits(-stair)
      walk.pass(name, detail)
    }
    if (mark) walk.mark('origin', 'origin')
    return 'denial' in end ? walk.deny(stepNames[stairs.length] ?? 'limits', end.denial) : walk.admit(endpoint, end.principal, end.lease)
  })

test('what is found equals what was kept, whatever lay in its place before', () => {
  fc.assert(
    fc.property(fc.array(someDecision, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 3 }), (all, capacity) => {
      const ring = createDecisionRing(capacity)
      for (const one of all) {
        ring.keep(one)
        expect(whole(ring.find(one.id))).toEqual(whole(one))
      }
      const kept = all.slice(-capacity).toReversed()
      expect(ring.newest(capacity).map(whole)).toEqual(kept.map(whole))
      for (const one of kept) {
        const outline = outlineOf(one)
        const found = ring.newest(capacity, (each) => Object.entries(outline).every(([name, value]) => Reflect.get(each, name) === value))
        expect(found.map(({ id }) => id)).toEqual([one.id])
      }
    }),
  )
})

test('what was found stays as it is when its place is taken', () => {
  const ring = createDecisionRing(1)
  const first = decision()
  ring.keep(first)
  const found = ring.find(first.id)
  ring.keep(new Walk(handshakeOf({ target: '/elsewhere' }), 'v2', 'sallyport.v1').deny('endpoint', deny('not_found')))
  expect(whole(found)).toEqual(whole(first))
})

test('a decision that was put together by hand has no stairs to be kept', () => {
  expect(() => {
    createDecisionRing().keep({ ...decision() })
  }).toThrow('Cannot keep a decision that no walk came to')
})
