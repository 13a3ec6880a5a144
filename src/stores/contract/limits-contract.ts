import assert from 'node:assert/strict'
import type { Allowance, Lease, Limits, LimitsAsk, LimitsConfig } from '../../admission/limits.js'
import type { ContractCase, Make } from './contract-case.js'

/** Limits on a clock that the case moves; a store that keeps its own time moves that. */
export interface LimitsSubject {
  readonly limits: Limits
  readonly now: () => number
  readonly pass: (ms: number) => void | Promise<void>
}

/** What a case asks to be made: limits with this configuration. */
export type MakeLimits = (config: LimitsConfig) => LimitsSubject | Promise<LimitsSubject>

const lavish: LimitsConfig = {
  userConnects: { max: 1_000, windowMs: 60_000 },
  addressConnects: { max: 1_000, windowMs: 60_000 },
  userSockets: 1_000,
  addressSockets: 1_000,
  nodeSockets: 1_000,
}

interface Client {
  readonly take: (ask?: Partial<LimitsAsk>) => Promise<Allowance>
  readonly peek: (ask?: Partial<LimitsAsk>) => Promise<Allowance>
}

const clientOf = ({ limits, now }: LimitsSubject): Client => {
  const full = (ask: Partial<LimitsAsk>): LimitsAsk => ({ userId: 'ada', addressKey: '203.0.113.7', endpoint: 'any', at: now(), ...ask })
  return {
    take: async (ask = {}) => await limits.take(full(ask), now() + 10_000),
    peek: async (ask = {}) => await limits.peek(full(ask), now() + 10_000),
  }
}

const made = async (make: Make<MakeLimits>, config: Partial<LimitsConfig>) => {
  const subject = await (await make())({ ...lavish, ...config })
  return { ...subject, ...clientOf(subject) }
}

const leaseOf = (allowance: Allowance): Lease => {
  assert.ok(allowance.granted)
  return allowance.lease
}

const assertRefused = (allowance: Allowance, rule: string): number => {
  assert.ok(!allowance.granted)
  assert.equal(allowance.rule, rule)
  assert.ok(Number.isSafeInteger(allowance.retryAfterMs) && allowance.retryAfterMs > 0, `retryAfterMs is ${allowance.retryAfterMs}`)
  return allowance.retryAfterMs
}

const countGranted = (allowances: readonly Allowance[]): number => allowances.filter(({ granted }) => granted).length

export const limitsContract: readonly ContractCase<MakeLimits>[] = [
  {
    name: 'forty simultaneous connects against a limit of ten admit exactly ten',
    async run(make) {
      const { take } = await made(make, { userConnects: { max: 10, windowMs: 60_000 } })
      assert.equal(countGranted(await Promise.all(Array.from({ length: 40 }, () => take()))), 10)
    },
  },
  {
    name: 'forty simultaneous connects against ten sockets admit exactly ten',
    async run(make) {
      for (const config of [{ userSockets: 10 }, { addressSockets: 10 }, { nodeSockets: 10 }]) {
        const { take } = await made(make, config)
        assert.equal(countGranted(await Promise.all(Array.from({ length: 40 }, () => take()))), 10)
      }
    },
  },
  {
    name: 'waiting exactly as long as told succeeds, and a millisecond less does not',
    async run(make) {
      const { take, pass } = await made(make, { userConnects: { max: 3, windowMs: 1_000 } })
      for (const gapMs of [0, 100, 250]) {
        await pass(gapMs)
        leaseOf(await take())
      }
      const retryAfterMs = assertRefused(await take(), 'userConnects')
      assert.equal(retryAfterMs, 650)
      await pass(retryAfterMs - 1)
      assert.equal(assertRefused(await take(), 'userConnects'), 1)
      await pass(1)
      leaseOf(await take())
    },
  },
  {
    name: 'the window slides: a burst around its edge gets no more than the limit',
    async run(make) {
      const { take, pass } = await made(make, { addressConnects: { max: 5, windowMs: 1_000 } })
      leaseOf(await take())
      await pass(990)
      for (let index = 0; index < 4; index++) leaseOf(await take())
      await pass(20)
      assert.equal(countGranted([await take(), await take(), await take()]), 1)
    },
  },
  {
    name: 'a refused attempt is not counted, by any rule',
    async run(make) {
      const { take, pass } = await made(make, {
        userConnects: { max: 2, windowMs: 1_000 },
        addressConnects: { max: 3, windowMs: 1_000 },
      })
      leaseOf(await take())
      leaseOf(await take())
      for (let index = 0; index < 20; index++) assertRefused(await take(), 'userConnects')
      leaseOf(await take({ userId: 'grace' }))
      for (let index = 0; index < 20; index++) assertRefused(await take({ userId: 'grace' }), 'addressConnects')
      await pass(1_000)
      assert.equal(countGranted([await take(), await take(), await take()]), 2)
    },
  },
  {
    name: 'when both windows are used up, the wait is enough for both',
    async run(make) {
      const { take, pass } = await made(make, {
        userConnects: { max: 1, windowMs: 1_000 },
        addressConnects: { max: 1, windowMs: 5_000 },
      })
      leaseOf(await take())
      await pass(assertRefused(await take(), 'addressConnects'))
      leaseOf(await take())
    },
  },
  {
    name: 'users and addresses are counted apart',
    async run(make) {
      const { take } = await made(make, { userConnects: { max: 1, windowMs: 1_000 }, addressConnects: { max: 2, windowMs: 1_000 } })
      leaseOf(await take({ userId: 'a', addressKey: '203.0.113.7' }))
      leaseOf(await take({ userId: 'b', addressKey: '203.0.113.7' }))
      assertRefused(await take({ userId: 'c', addressKey: '203.0.113.7' }), 'addressConnects')
      leaseOf(await take({ userId: 'c', addressKey: '2001:db8::/64' }))
      assertRefused(await take({ userId: 'c', addressKey: '198.51.100.1' }), 'userConnects')
    },
  },
  {
    name: 'a client without a bucket is limited as a user only',
    async run(make) {
      const { take } = await made(make, { addressConnects: { max: 1, windowMs: 1_000 }, addressSockets: 1, userSockets: 2 })
      leaseOf(await take({ addressKey: undefined }))
      leaseOf(await take({ addressKey: undefined }))
      assertRefused(await take({ addressKey: undefined }), 'userSockets')
    },
  },
  {
    name: 'a released lease frees its place in every count, and releasing it again frees nothing',
    async run(make) {
      for (const [config, rule] of [
        [{ userSockets: 2 }, 'userSockets'],
        [{ addressSockets: 2 }, 'addressSockets'],
        [{ nodeSockets: 2 }, 'nodeSockets'],
      ] as const) {
        const { take, limits } = await made(make, config)
        const lease = leaseOf(await take())
        leaseOf(await take())
        assert.ok(assertRefused(await take(), rule) >= 1_000)
        limits.release(lease)
        limits.release(lease)
        leaseOf(await take())
        assertRefused(await take(), rule)
      }
    },
  },
  {
    name: 'peek answers as take would and counts nothing',
    async run(make) {
      const { take, peek } = await made(make, { userConnects: { max: 1, windowMs: 1_000 } })
      for (let index = 0; index < 5; index++) assert.ok((await peek()).granted)
      leaseOf(await take())
      assert.equal(assertRefused(await peek(), 'userConnects'), assertRefused(await take(), 'userConnects'))
    },
  },
  {
    name: 'keys are compared as they are, whatever they hold',
    async run(make) {
      const { take } = await made(make, { userConnects: { max: 1, windowMs: 1_000 } })
      for (const userId of ['a', 'A', 'a ', 'a:b', 'a}b{', '__proto__', 'constructor', '', 'é', 'e\u0301', 'x'.repeat(1_000)])
        leaseOf(await take({ userId }))
    },
  },
]
