import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { handshakeOf, testSecret, tokenFor } from '../../dist/admission/testing/staircase.js'
import type { Lease } from '../../dist/admission/limits.js'
import { createGate } from '../../dist/create-gate.js'
import type { GateOptions } from '../../dist/gate-options.js'
import type { Gate } from '../../dist/gate.js'

// Every limit through the whole staircase, for many windows in a row: a limiter that is right only for its first burst passes most tests.

const gates: Gate[] = []
afterEach(() => {
  for (const gate of gates.splice(0)) gate.stop()
})

const start = Date.UTC(2026, 0, 15)
const year = 365 * 86_400_000
const lavish = { max: 1_000_000, windowMs: 60_000 }

const made = async (options: Partial<GateOptions>): Promise<Gate> => {
  const gate = await createGate({
    issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }],
    lookupUser: (id) => ({ id, active: true }),
    endpoints: [
      { name: 'chat', path: '/ws/chat/' },
      { name: 'list', path: '/ws/list/' },
    ],
    capacity: { maxLoopDelayMs: 1_000_000 },
    addressBudget: { capacity: 1_000_000, refillPerSecond: 1_000_000 },
    ...options,
    limits: { userConnects: lavish, addressConnects: lavish, userSockets: 1_000_000, addressSockets: 1_000_000, nodeSockets: 1_000_000, ...options.limits },
  })
  gates.push(gate)
  return gate
}

const userIds = ['a', 'b', 'c']
/** Good on every day of these tests, also on those that a wrong clock invents. */
const tokens = new Map(await Promise.all(userIds.map(async (id) => [id, await tokenFor({ subject: id, at: start - year, lifetimeMs: 3 * year })] as const)))

interface Knock {
  readonly user: string
  readonly address: string
  readonly path: '/ws/chat/' | '/ws/list/'
}

type Outcome = { readonly lease: Lease } | { readonly reason: string; readonly retryAfterMs: number }

const knockAt = async (gate: Gate, { user, address, path }: Knock, at: number): Promise<Outcome> => {
  const decision = await gate.admit(handshakeOf({ receivedAt: at, peerAddress: address, target: path, token: tokens.get(user) ?? '' }))
  if (decision.outcome === 'admitted') return { lease: decision.lease }
  return { reason: decision.denial.reason, retryAfterMs: decision.denial.retryAfterMs ?? 0 }
}

/** Two spellings of one subscriber, one of his neighbour, and two IPv4 hosts, one of them also in its mapped spelling. */
const keyOf: Readonly<Record<string, string>> = {
  '2001:db8:1:2::7': 'six',
  '2001:db8:1:2:ffff::8': 'six',
  '2001:db8:1:3::7': 'neighbour',
  '203.0.113.7': 'four',
  '::ffff:203.0.113.7': 'four',
  '203.0.113.8': 'other',
}

const knock = fc.record<Knock>({
  user: fc.constantFrom(...userIds),
  address: fc.constantFrom(...Object.keys(keyOf)),
  path: fc.constantFrom('/ws/chat/', '/ws/list/'),
})

const windows = {
  userConnects: { max: 4, windowMs: 1_000 },
  addressConnects: { max: 6, windowMs: 1_700 },
  endpointConnects: { max: 9, windowMs: 900 },
}

interface Grant extends Knock {
  readonly at: number
}

/** The same subject of a rule. */
const isAlike: Readonly<Record<keyof typeof windows, (a: Knock, b: Knock) => boolean>> = {
  userConnects: (a, b) => a.user === b.user,
  addressConnects: (a, b) => keyOf[a.address] === keyOf[b.address],
  endpointConnects: (a, b) => a.path === b.path,
}
const rules = ['userConnects', 'addressConnects', 'endpointConnects'] as const

/** The reference: every grant is kept, and every question counts them all. */
const waitOf = (grants: readonly Grant[], asked: Knock, now: number): number =>
  Math.max(
    ...rules.map((rule) => {
      const { max, windowMs } = windows[rule]
      const alike = grants.filter((grant) => isAlike[rule](grant, asked) && grant.at > now - windowMs)
      return alike.length < max ? 0 : (alike.at(-max)?.at ?? now) + windowMs - now
    }),
  )

const sockets = { userSockets: 5, addressSockets: 7, nodeSockets: 11 }

const isFull = (open: readonly Knock[], asked: Knock): boolean =>
  open.filter((each) => isAlike.userConnects(each, asked)).length >= sockets.userSockets ||
  open.filter((each) => isAlike.addressConnects(each, asked)).length >= sockets.addressSockets ||
  open.length >= sockets.nodeSockets

test('[L2] [L3] [L4] G1 G3 G9: windows and leases of users, addresses and endpoints answer as a reference that keeps everything, window after window', async () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('knock' as const), knock }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(400) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('leave' as const), which: fc.nat(100) }) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 100, maxLength: 250 }), async (steps) => {
      const gate = await made({ limits: { ...windows, ...sockets } })
      const grants: Grant[] = []
      const open: { readonly knock: Knock; readonly lease: Lease }[] = []
      let now = start
      for (const one of steps) {
        if (one.kind === 'pass') now += one.ms
        else if (one.kind === 'leave') {
          const [left] = open.splice(one.which % Math.max(1, open.length), 1)
          if (left !== undefined) gate.limits.release(left.lease)
        } else {
          const waitMs = waitOf(grants, one.knock, now)
          const full = isFull(open.map((each) => each.knock), one.knock)
          const answer = await knockAt(gate, one.knock, now)
          expect('lease' in answer).toBe(waitMs === 0 && !full)
          if ('lease' in answer) {
            grants.push({ ...one.knock, at: now })
            open.push({ knock: one.knock, lease: answer.lease })
          } else if (!full) expect(answer).toEqual({ reason: 'rate_limited', retryAfterMs: waitMs })
        }
      }
    }),
    { numRuns: 25 },
  )
})

test.each(rules)('[L2] G3 G9: %s alone, hammered for thirty windows, grants exactly thirty times its limit, and never more in any window', async (rule) => {
  const limit = { max: 5, windowMs: 1_000 }
  const gate = await made({ limits: { [rule]: limit } })
  const granted: number[] = []
  for (let at = start; at < start + 30 * limit.windowMs; at += 20) {
    const answer = await knockAt(gate, { user: 'a', address: '2001:db8:1:2::7', path: '/ws/chat/' }, at)
    if (!('lease' in answer)) continue
    granted.push(at)
    gate.limits.release(answer.lease)
  }
  expect(granted).toHaveLength(30 * limit.max)
  for (const from of granted) expect(granted.filter((at) => at >= from && at < from + limit.windowMs).length).toBeLessThanOrEqual(limit.max)
})

test('[L2] of eighty connects at once, again in each of ten windows, as many get in as the limits leave room for', async () => {
  const gate = await made({ limits: { userConnects: { max: 10, windowMs: 1_000 }, userSockets: 15 } })
  const open: Lease[] = []
  for (let window = 0; window < 10; window++) {
    const ask = { user: 'a', address: '203.0.113.7', path: '/ws/chat/' } as const
    const answers = await Promise.all(Array.from({ length: 80 }, () => knockAt(gate, ask, start + window * 1_000)))
    const got = answers.flatMap((answer) => ('lease' in answer ? [answer.lease] : []))
    expect(got).toHaveLength(Math.min(10, 15 - open.length))
    open.push(...got)
    for (const lease of open.splice(0, 8)) gate.limits.release(lease)
  }
})

test('[L8] G1 G8: clocks that jump forward and back: never more than the limit in a window of real time, and the wait it tells is true', async () => {
  const limit = { max: 3, windowMs: 60_000 }
  const jump = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: -7_200_000, max: -16_000 }))
  const step = fc.record({ pass: fc.oneof(fc.nat(3_000), fc.nat(90_000)), jump })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 50 }), async (steps) => {
      const gate = await made({ limits: { userConnects: limit } })
      const ask = { user: 'a', address: '203.0.113.7', path: '/ws/chat/' } as const
      const granted: number[] = []
      let real = start
      let skew = 0
      const tryNow = async (): Promise<Outcome> => {
        const answer = await knockAt(gate, ask, real + skew)
        if ('lease' in answer) granted.push(real)
        return answer
      }
      for (const { pass, jump: by } of steps) {
        real += pass
        skew += by
        const answer = await tryNow()
        if ('lease' in answer) continue
        // The longest wait is a window, and what a small correction of the clock adds to it.
        expect(answer.retryAfterMs).toBeLessThanOrEqual(limit.windowMs + 15_000)
        real += answer.retryAfterMs
        expect(await tryNow()).toHaveProperty('lease')
      }
      for (const from of granted) expect(granted.filter((at) => at >= from && at < from + limit.windowMs).length).toBeLessThanOrEqual(limit.max)
    }),
    { numRuns: 40 },
  )
})

test('[L8] a clock that is set forward by an hour is believed: the windows of before have passed, and what comes then is counted', async () => {
  const gate = await made({ limits: { userConnects: { max: 2, windowMs: 60_000 } } })
  const ask = { user: 'a', address: '203.0.113.7', path: '/ws/chat/' } as const
  const hour = 3_600_000
  const answers = [start, start, start, start + hour, start + hour, start + hour].map(async (at) => 'lease' in (await knockAt(gate, ask, at)))
  expect(await Promise.all(answers)).toEqual([true, true, false, true, true, false])
})

test('[A7] [L3] G6 G8: a forger gets what his budget refills, minute after minute, and each wait he is told is enough', async () => {
  const [capacity, refillPerSecond] = [50, 2]
  const gate = await made({ addressBudget: { capacity, refillPerSecond } })
  const forged = await tokenFor({ subject: 'a', at: start - year, lifetimeMs: 3 * year })
  const minutes = 10
  let checked = 0
  let serial = 0
  for (let at = start; at < start + minutes * 60_000; at += 100) {
    const decision = await gate.admit(handshakeOf({ receivedAt: at, peerAddress: '2001:db8:1:2::7', target: '/ws/chat/', token: `${forged.slice(0, -4)}${String(1_000 + (serial++ % 9_000))}` }))
    const denial = decision.outcome === 'denied' ? decision.denial : undefined
    if (denial?.reason === 'token_invalid') checked += 1
    else expect(denial).toMatchObject({ reason: 'rate_limited', retryAfterMs: expect.any(Number) })
  }
  // Each costs 5: what was there at first, what came back meanwhile, and no more.
  const most = (capacity + refillPerSecond * 60 * minutes) / 5
  expect(checked).toBeLessThanOrEqual(Math.ceil(most) + 1)
  expect(checked).toBeGreaterThanOrEqual(Math.floor(most) - 1)
})

test('[L10] what is counted begins anew with another gate, and no lease of the old one is held against it', async () => {
  const limits = { userConnects: { max: 2, windowMs: 60_000 }, nodeSockets: 2 }
  const ask = { user: 'a', address: '203.0.113.7', path: '/ws/chat/' } as const
  for (let life = 0; life < 3; life++) {
    const gate = await made({ limits })
    const answers = [1, 2, 3].map(async () => 'lease' in (await knockAt(gate, ask, start)))
    expect(await Promise.all(answers)).toEqual([true, true, false])
  }
})
