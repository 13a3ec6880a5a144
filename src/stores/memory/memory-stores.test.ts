import { describe, expect, test } from 'vitest'
import type { User } from '../../admission/user.js'
import { bansContract } from '../contract/bans-contract.js'
import { controlLogContract } from '../contract/control-log-contract.js'
import { forgottenEventsContract } from '../contract/forgotten-events-contract.js'
import { limitsContract } from '../contract/limits-contract.js'
import { revocationsContract } from '../contract/revocations-contract.js'
import { usersContract } from '../contract/users-contract.js'
import { createMemoryBans } from './memory-bans.js'
import { createMemoryControlLog } from './memory-control-log.js'
import { createMemoryLimits } from './memory-limits.js'
import { createMemoryRevocations } from './memory-revocations.js'
import { createMemoryUsers } from './memory-users.js'

describe('memory keeps the contract of', () => {
  describe('bans', () => {
    test.each(bansContract)('$name', ({ run }) =>
      run(() => {
        const log = createMemoryControlLog()
        return { bans: createMemoryBans(log), log }
      }),
    )
  })

  describe('revocations', () => {
    test.each(revocationsContract)('$name', ({ run }) =>
      run(() => {
        const log = createMemoryControlLog()
        return { revocations: createMemoryRevocations(log), log }
      }),
    )
  })

  describe('the control log', () => {
    test.each(controlLogContract)('$name', ({ run }) => run(createMemoryControlLog))
  })

  describe('a control log that forgets', () => {
    test.each(forgottenEventsContract)('$name', ({ run }) =>
      run(() => {
        const control = createMemoryControlLog()
        const forget = (): Promise<void> => {
          for (let index = 0; index < 110_000; index++) control.append({ kind: 'user_changed', userId: '1' })
          return Promise.resolve()
        }
        return { bans: createMemoryBans(control), revocations: createMemoryRevocations(control), control, forget }
      }),
    )
  })

  describe('users', () => {
    test.each(usersContract)('$name', ({ run }) =>
      run(() => {
        const users = createMemoryUsers(createMemoryControlLog())
        return {
          users,
          given: async (given) => {
            for (const user of given) await users.put(user, 0)
          },
        }
      }),
    )
  })

  describe('limits', () => {
    test.each(limitsContract)('$name', ({ run }) =>
      run(() => (config) => {
        let now = Date.UTC(2026, 0, 15)
        return {
          limits: createMemoryLimits(config),
          now: () => now,
          pass: (ms) => {
            now += ms
          },
        }
      }),
    )
  })
})

test('bans, revocations and users share one control log in the order in which things happened', async () => {
  const log = createMemoryControlLog()
  const bans = createMemoryBans(log)
  const revocations = createMemoryRevocations(log)
  const ada: User = { id: '1', active: true }
  const users = createMemoryUsers(log, [ada])
  await users.put({ id: '1', active: false }, 0)
  await bans.add({
    subject: { kind: 'user', userId: '1' },
    reason: '',
    actor: 'ada',
    source: 'manual',
    createdAt: 0,
    expiresAt: undefined,
  })
  await revocations.add({ kind: 'user', userId: '1', before: 1, until: 2 }, 'ada', 0)
  await users.remove('1', 0)
  await users.remove('1', 0)
  const events = await log.since(0, 10)
  expect(events.map(({ seq, kind }) => `${seq} ${kind}`)).toEqual(['1 user_changed', '2 ban_added', '3 revoked', '4 user_changed'])
})

test('the control log is bounded, and a reader that is too far behind sees the gap', async () => {
  const log = createMemoryControlLog()
  for (let index = 0; index < 250_000; index++) log.append({ kind: 'user_changed', userId: '1' })
  expect(await log.head()).toBe(250_000)
  const events = await log.since(0, Infinity)
  expect(events.length).toBeLessThan(111_000)
  expect(events[0]?.seq).toBeGreaterThan(1)
  expect(events.at(-1)?.seq).toBe(250_000)
  expect((await log.since(249_990, 100)).map(({ seq }) => seq)).toEqual(Array.from({ length: 10 }, (_, index) => 249_991 + index))
})

test.each(['ladder', 'manual'] as const)('bans (%s) that are long over are forgotten as new ones come', async (source) => {
  const bans = createMemoryBans(createMemoryControlLog())
  const day = 24 * 3_600_000
  const ban = (createdAt: number) =>
    bans.add({
      subject: { kind: 'network', network: '203.0.113.7' },
      reason: '',
      actor: 'ladder',
      source,
      createdAt,
      expiresAt: createdAt + day,
    })
  await ban(0)
  await ban(1)
  await ban(2 * day)
  expect(await bans.list(0)).toHaveLength(2)
})

test('revocations that are long over are forgotten as new ones come', async () => {
  const revocations = createMemoryRevocations(createMemoryControlLog())
  const day = 24 * 3_600_000
  for (let index = 0; index < 10; index += 1) await revocations.add({ kind: 'token', tokenId: String(index), until: 1_000 }, 'ada', 0)
  await revocations.add({ kind: 'token', tokenId: 'last', until: 3 * day }, 'ada', 2 * day)
  expect((await revocations.list(0)).map((each) => each.kind === 'token' && each.tokenId)).toEqual(['last'])
})
