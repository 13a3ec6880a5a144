import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Lease, LimitsConfig, LimitRule } from '../../admission/limits.js'
import { createMemoryLimits } from './memory-limits.js'

const start = Date.UTC(2026, 0, 15)

const lavish: LimitsConfig = {
  userConnects: { max: 1_000_000, windowMs: 60_000 },
  addressConnects: { max: 1_000_000, windowMs: 60_000 },
  userSockets: 1_000_000,
  addressSockets: 1_000_000,
  nodeSockets: 1_000_000,
}

const ask = (at: number, userId = 'ada', addressKey = '203.0.113.7') => ({ userId, addressKey, endpoint: 'any', at })

/** The reference: every grant is kept for ever and every question counts them all. */
const createReference = (config: LimitsConfig) => {
  const grants: { readonly user: string; readonly address: string | undefined; readonly at: number }[] = []
  const open: { readonly user: string; readonly address: string | undefined }[] = []
  const windowWait = (of: readonly { readonly at: number }[], { max, windowMs }: { max: number; windowMs: number }, at: number): number => {
    let wait = 0
    while (of.filter((grant) => grant.at > at + wait - windowMs).length >= max) wait += 1
    return wait
  }
  return {
    grants,
    refusal(user: string, address: string | undefined, at: number): { rules: readonly LimitRule[]; waitMs: number } | undefined {
      const userWait = windowWait(grants.filter((grant) => grant.user === user), config.userConnects, at)
      const addressWait = address === undefined ? 0 : windowWait(grants.filter((grant) => grant.address === address), config.addressConnects, at)
      const waitMs = Math.max(userWait, addressWait)
      const full: LimitRule[] = []
      if (open.filter((lease) => lease.user === user).length >= config.userSockets) full.push('userSockets')
      if (address !== undefined && open.filter((lease) => lease.address === address).length >= config.addressSockets) full.push('addressSockets')
      if (open.length >= config.nodeSockets) full.push('nodeSockets')
      if (waitMs > 0) {
        const rules: LimitRule[] = []
        if (userWait === waitMs) rules.push('userConnects')
        if (addressWait === waitMs) rules.push('addressConnects')
        return { rules, waitMs: full.length > 0 ? Math.max(1_000, waitMs) : waitMs }
      }
      return full.length > 0 ? { rules: full, waitMs: 1_000 } : undefined
    },
    grant(user: string, address: string | undefined, at: number) {
      const lease = { user, address }
      grants.push({ ...lease, at })
      open.push(lease)
      return lease
    },
    release(lease: { readonly user: string; readonly address: string | undefined }) {
      const index = open.indexOf(lease)
      if (index !== -1) open.splice(index, 1)
    },
    openCount: () => open.length,
  }
}

test('over long sequences it answers as a reference that keeps every grant for ever', () => {
  const config: LimitsConfig = {
    userConnects: { max: 3, windowMs: 50 },
    addressConnects: { max: 5, windowMs: 80 },
    userSockets: 4,
    addressSockets: 6,
    nodeSockets: 9,
  }
  const user = fc.constantFrom('a', 'b', 'c')
  const address = fc.constantFrom('x', 'y', undefined)
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('take' as const), user, address }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('peek' as const), user, address }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(30) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('release' as const), index: fc.nat(1_000) }) },
  )
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 300 }), (steps) => {
      const limits = createMemoryLimits(config)
      const reference = createReference(config)
      const leases: { readonly lease: Lease; readonly mirror: ReturnType<typeof reference.grant> }[] = []
      let at = start
      for (const one of steps) {
        if (one.kind === 'pass') {
          at += one.ms
        } else if (one.kind === 'release') {
          // Sometimes one that was released before.
          const released = leases[one.index % Math.max(1, leases.length)]
          if (released === undefined) continue
          limits.release(released.lease)
          reference.release(released.mirror)
        } else {
          const asked = { userId: one.user, addressKey: one.address, endpoint: 'any', at }
          const answer = one.kind === 'take' ? limits.take(asked, at) : limits.peek(asked, at)
          const expected = reference.refusal(one.user, one.address, at)
          expect(answer.granted).toBe(expected === undefined)
          if (answer.granted) {
            if (one.kind === 'take') leases.push({ lease: answer.lease, mirror: reference.grant(one.user, one.address, at) })
          } else {
            expect(answer.retryAfterMs).toBe(expected?.waitMs)
            expect(expected?.rules).toContain(answer.rule)
          }
        }
        expect(limits.openSockets).toBe(reference.openCount())
      }
    }),
    { numRuns: 200 },
  )
})

const mostInAnyWindow = (grants: readonly number[], windowMs: number): number =>
  Math.max(0, ...grants.map((from) => grants.filter((at) => at >= from && at < from + windowMs).length))

test('no window of real time holds more than the limit while the clock is set back again and again, and the wait it tells is true', () => {
  const limit = { max: 3, windowMs: 20_000 }
  const step = fc.record({ pass: fc.oneof(fc.nat(3_000), fc.nat(30_000)), back: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(14_000), fc.nat(10_000_000)) })
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 80 }), (steps) => {
      const limits = createMemoryLimits({ ...lavish, userConnects: limit })
      const grants: number[] = []
      let real = start
      let setBack = 0
      const take = () => {
        const answer = limits.take(ask(real - setBack), 0)
        if (answer.granted) grants.push(real)
        return answer
      }
      for (const { pass, back } of steps) {
        real += pass
        setBack += back
        const answer = take()
        if (answer.granted) continue
        // The longest wait is a window, and what a small correction of the clock adds to it.
        expect(answer.retryAfterMs).toBeLessThanOrEqual(limit.windowMs + 15_000)
        real += answer.retryAfterMs
        expect(take().granted).toBe(true)
      }
      expect(mostInAnyWindow(grants, limit.windowMs)).toBeLessThanOrEqual(limit.max)
    }),
    { numRuns: 300 },
  )
})

test('asking about a moment to come forgets nothing', () => {
  const limits = createMemoryLimits({ ...lavish, userConnects: { max: 1, windowMs: 1_000 } })
  limits.take(ask(start), 0)
  expect(limits.peek(ask(start + 5_000), 0).granted).toBe(true)
  expect(limits.take(ask(start + 1), 0)).toMatchObject({ granted: false, rule: 'userConnects', retryAfterMs: 999, levels: { counts: { userConnects: 1 } } })
})

test('a limit of a million is as exact as a small one', () => {
  const limits = createMemoryLimits({ ...lavish, userConnects: { max: 100_000, windowMs: 1_000 } })
  for (let round = 0; round < 3; round++) {
    const at = start + round * 1_000
    for (let index = 0; index < 100_000; index++) if (!limits.take(ask(at), 0).granted) throw new Error(`refused at ${index}`)
    expect(limits.take(ask(at), 0).granted).toBe(false)
  }
})

test('a copy of a lease releases nothing', () => {
  const limits = createMemoryLimits({ ...lavish, userSockets: 1 })
  const allowance = limits.take(ask(start), 0)
  if (!allowance.granted) throw new Error('refused')
  limits.release({ ...allowance.lease })
  expect(limits.openSockets).toBe(1)
  limits.release(allowance.lease)
  expect(limits.openSockets).toBe(0)
})

test('a peeked lease was never taken', () => {
  const limits = createMemoryLimits({ ...lavish, nodeSockets: 1 })
  limits.take(ask(start), 0)
  const peeked = createMemoryLimits(lavish).peek(ask(start), 0)
  if (!peeked.granted) throw new Error('refused')
  limits.release(peeked.lease)
  expect(limits.openSockets).toBe(1)
})

test('users and addresses that stay away are forgotten, a few windows later', () => {
  const limits = createMemoryLimits(lavish)
  for (let index = 0; index < 100_000; index++) {
    const allowance = limits.take(ask(start + index * 6, `user-${index}`, `2001:db8:${index}::/64`), 0)
    if (allowance.granted) limits.release(allowance.lease)
  }
  // 10,000 of each came in the last window, and as many in the one before it.
  expect(limits.size).toBeLessThanOrEqual(2 * 2 * 10_001)
})

test.each([
  ['userConnects', { userConnects: { max: 0, windowMs: 1 } }, '"userConnects.max" must be a positive integer: current value is 0'],
  ['addressConnects', { addressConnects: { max: 1, windowMs: 0.5 } }, '"addressConnects.windowMs" must be a positive integer: current value is 0.5'],
  ['userSockets', { userSockets: -1 }, '"userSockets" must be a positive integer: current value is -1'],
  ['nodeSockets', { nodeSockets: 2 ** 53 }, '"nodeSockets" must be a positive integer: current value is 9007199254740992'],
])('a wrong %s is refused', (_, config, message) => {
  expect(() => createMemoryLimits({ ...lavish, ...config })).toThrow(new RangeError(`Cannot create a rate limit as ${message}`))
})
