import { expect, test } from 'vitest'
import { createMemoryBans } from '../stores/memory/memory-bans.js'
import { createMemoryControlLog } from '../stores/memory/memory-control-log.js'
import { createMemoryRevocations } from '../stores/memory/memory-revocations.js'
import type { ControlLog } from './control.js'
import { loadControlReplica } from './control-replica.js'
import { noon } from './testing/staircase.js'

const made = () => {
  const control = createMemoryControlLog()
  return { control, bans: createMemoryBans(control), revocations: createMemoryRevocations(control) }
}
const newBan = (network: string) => ({
  subject: { kind: 'network' as const, network },
  reason: 'abuse',
  actor: 'grace',
  source: 'manual' as const,
  createdAt: noon,
  expiresAt: undefined,
})
const claims = { subject: '1', tokenId: 'one', issuedAt: noon }

test('[B6] what is in the stores at the start is known, and nothing of it is read again', async () => {
  const stores = made()
  await stores.bans.add(newBan('203.0.113.7'))
  await stores.revocations.add({ kind: 'token', tokenId: 'one', until: noon + 1_000 }, 'grace', noon)
  const replica = await loadControlReplica(stores, noon)
  expect(replica.bans.findAddress('203.0.113.7', noon)).toBeDefined()
  expect(replica.revocations.find(claims, noon)).toBeDefined()
  expect(await replica.poll()).toEqual([])
})

test('[B6] what other processes change is known after the next poll, in their order', async () => {
  const stores = made()
  const replica = await loadControlReplica(stores, noon)
  await stores.bans.add(newBan('203.0.113.7'))
  await stores.bans.lift({ kind: 'network', network: '203.0.113.7' }, 'grace', noon)
  await stores.bans.add(newBan('203.0.113.8'))
  await stores.revocations.add({ kind: 'user', userId: '1', before: noon + 1, until: noon + 1_000 }, 'grace', noon)
  await stores.control.userChanged('2', noon)
  expect(replica.bans.findAddress('203.0.113.8', noon)).toBeUndefined()
  expect((await replica.poll()).map(({ kind }) => kind)).toEqual(['ban_added', 'ban_lifted', 'ban_added', 'revoked', 'user_changed'])
  expect(replica.bans.findAddress('203.0.113.7', noon)).toBeUndefined()
  expect(replica.bans.findAddress('203.0.113.8', noon)).toBeDefined()
  expect(replica.revocations.find(claims, noon)).toBeDefined()
  expect(await replica.poll()).toEqual([])
})

test('[B6] a node that was away for long catches up in one poll of several pages', async () => {
  const stores = made()
  const replica = await loadControlReplica(stores, noon)
  for (let index = 0; index < 1_201; index++) await stores.control.userChanged(String(index), noon)
  expect(await replica.poll()).toHaveLength(1_201)
})

test('a change that is applied at once and read from the log again is one change', async () => {
  const stores = made()
  const replica = await loadControlReplica(stores, noon)
  const ban = await stores.bans.add(newBan('203.0.113.7'))
  replica.apply({ kind: 'ban_added', ban })
  expect(await replica.poll()).toHaveLength(1)
  replica.apply({ kind: 'ban_lifted', ban })
  expect(replica.bans.findAddress('203.0.113.7', noon)).toBeUndefined()
})

test('what changes while the replica is loaded is not missed', async () => {
  const stores = made()
  const bans = {
    ...stores.bans,
    async list(at: number) {
      const listed = await stores.bans.list(at)
      await stores.bans.add(newBan('203.0.113.7'))
      return listed
    },
  }
  const replica = await loadControlReplica({ ...stores, bans }, noon)
  expect(replica.bans.findAddress('203.0.113.7', noon)).toBeUndefined()
  await replica.poll()
  expect(replica.bans.findAddress('203.0.113.7', noon)).toBeDefined()
})

test('a poll that fails half way goes on where it stopped', async () => {
  const stores = made()
  let failing = false
  const control: ControlLog = {
    ...stores.control,
    since: (seq, limit) => (failing ? Promise.reject(new Error('away')) : stores.control.since(seq, limit)),
  }
  const replica = await loadControlReplica({ ...stores, control }, noon)
  await stores.bans.add(newBan('203.0.113.7'))
  failing = true
  await expect(replica.poll()).rejects.toThrow('away')
  failing = false
  expect(await replica.poll()).toHaveLength(1)
  expect(replica.bans.findAddress('203.0.113.7', noon)).toBeDefined()
})

test('a store that is away at the start means that there is no replica', async () => {
  const stores = made()
  const bans = { ...stores.bans, list: () => Promise.reject(new Error('away')) }
  await expect(loadControlReplica({ ...stores, bans }, noon)).rejects.toThrow('away')
})
