import { expect, test } from 'vitest'
import { createMemoryBans } from '../stores/memory/memory-bans.js'
import { createMemoryControlLog } from '../stores/memory/memory-control-log.js'
import { createMemoryRevocations } from '../stores/memory/memory-revocations.js'
import type { ControlLog } from './control.js'
import { loadControlReplica } from './control-replica.js'
import { deferred } from './testing/deferred.js'
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
  expect(await replica.poll(noon)).toEqual([])
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
  expect((await replica.poll(noon)).map(({ kind }) => kind)).toEqual(['ban_added', 'ban_lifted', 'ban_added', 'revoked', 'user_changed'])
  expect(replica.bans.findAddress('203.0.113.7', noon)).toBeUndefined()
  expect(replica.bans.findAddress('203.0.113.8', noon)).toBeDefined()
  expect(replica.revocations.find(claims, noon)).toBeDefined()
  expect(await replica.poll(noon)).toEqual([])
})

test('[B6] a node that was away for long catches up in one poll of several pages', async () => {
  const stores = made()
  const replica = await loadControlReplica(stores, noon)
  for (let index = 0; index < 1_201; index++) await stores.control.userChanged(String(index), noon)
  expect(await replica.poll(noon)).toHaveLength(1_201)
})

test('a change that is applied at once and read from the log again is one change', async () => {
  const stores = made()
  const replica = await loadControlReplica(stores, noon)
  const ban = await stores.bans.add(newBan('203.0.113.7'))
  replica.apply({ kind: 'ban_added', ban })
  expect(await replica.poll(noon)).toHaveLength(1)
  replica.apply({ kind: 'ban_lifted', ban })
  expect(replica.bans.findAddress('203.0.113.7', noon)).toBeUndefined()
})

test('[B7] a ban that is lifted here while the log is read stays lifted', async () => {
  const stores = made()
  const reading = deferred<undefined>()
  const control: ControlLog = {
    ...stores.control,
    async since(seq, limit) {
      const events = await stores.control.since(seq, limit)
      await reading.promise
      return events
    },
  }
  const replica = await loadControlReplica({ ...stores, control }, noon)
  const ban = await stores.bans.add(newBan('203.0.113.7'))
  replica.apply({ kind: 'ban_added', ban })
  const polled = replica.poll(noon)
  await Promise.resolve()
  await stores.bans.lift(ban.subject, 'grace', noon)
  replica.apply({ kind: 'ban_lifted', ban })
  reading.resolve(undefined)
  expect((await polled).map(({ kind }) => kind)).toEqual(['ban_added'])
  expect(replica.bans.findAddress('203.0.113.7', noon)).toBeUndefined()
  await replica.poll(noon)
  expect(replica.bans.findAddress('203.0.113.7', noon)).toBeUndefined()
})

test('[B14] F10: many bans are taken up in many turns of the event loop, all of them and once, and how far it is is told', async () => {
  const stores = made()
  const count = 205_000
  const all = Array.from({ length: count }, (_, index) => ({ ...newBan(`10.${String(index >> 16)}.${String((index >> 8) & 255)}.${String(index & 255)}`), id: String(index).padStart(6, '0') }))
  const bans = {
    ...stores.bans,
    // The memory store would sort them all for each part.
    page(_at: number, after: string | undefined, limit: number) {
      const start = after === undefined ? 0 : Number(after) + 1
      return Promise.resolve(all.slice(start, start + limit))
    },
  }
  const told: number[] = []
  let turns = 0
  let loading = true
  const countTurn = (): void => {
    turns += 1
    if (loading) setImmediate(countTurn)
  }
  setImmediate(countTurn)
  const replica = await loadControlReplica({ ...stores, bans }, noon, [], (loaded) => told.push(loaded))
  loading = false
  expect(replica.bans.size).toBe(count)
  expect(replica.bans.findAddress('10.3.32.199', noon)).toBeDefined()
  expect(told).toEqual([100_000, 200_000])
  // In no turn more than a thousand.
  expect(turns).toBeGreaterThanOrEqual(count / 1_000)
})

test('what changes while the replica is loaded is not missed', async () => {
  const stores = made()
  const bans = {
    ...stores.bans,
    async page(at: number, after: string | undefined, limit: number) {
      const listed = await stores.bans.page(at, after, limit)
      await stores.bans.add(newBan('203.0.113.7'))
      return listed
    },
  }
  const replica = await loadControlReplica({ ...stores, bans }, noon)
  expect(replica.bans.findAddress('203.0.113.7', noon)).toBeUndefined()
  await replica.poll(noon)
  expect(replica.bans.findAddress('203.0.113.7', noon)).toBeDefined()
})

test('more bans than are loaded in one go are all loaded', async () => {
  const stores = made()
  const networks = Array.from({ length: 2_000 }, (_, index) => `198.51.${index >> 8}.${index & 255}`)
  await stores.bans.addAll(networks.map(newBan))
  const replica = await loadControlReplica(stores, noon)
  expect(replica.bans.size).toBe(2_000)
  expect(networks.every((network) => replica.bans.findAddress(network, noon) !== undefined)).toBe(true)
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
  await expect(replica.poll(noon)).rejects.toThrow('away')
  failing = false
  expect(await replica.poll(noon)).toHaveLength(1)
  expect(replica.bans.findAddress('203.0.113.7', noon)).toBeDefined()
})

test('a store that is away at the start means that there is no replica', async () => {
  const stores = made()
  const bans = { ...stores.bans, page: () => Promise.reject(new Error('away')) }
  await expect(loadControlReplica({ ...stores, bans }, noon)).rejects.toThrow('away')
})

/** The same stores, whose log forgets all but its newest event when told to. */
const forgetful = () => {
  const stores = made()
  let oldest = 0
  const control: ControlLog = {
    ...stores.control,
    since: async (seq, limit) => (await stores.control.since(seq, Infinity)).filter((event) => event.seq >= oldest).slice(0, limit),
  }
  const forget = async (): Promise<void> => {
    oldest = await stores.control.head()
  }
  return { ...stores, control, forget }
}

test('[B12] a node that missed what the log has forgotten loads the tables: what was added is known, what was lifted is not', async () => {
  const stores = forgetful()
  const lifted = await stores.bans.add(newBan('203.0.113.7'))
  const kept = await stores.bans.add(newBan('203.0.113.9'))
  const replica = await loadControlReplica(stores, noon)
  await stores.bans.lift(lifted.subject, 'grace', noon)
  await stores.bans.add(newBan('203.0.113.8'))
  await stores.revocations.add({ kind: 'token', tokenId: 'one', until: noon + 1_000 }, 'grace', noon)
  await stores.forget()
  expect(await replica.poll(noon)).toEqual([{ kind: 'reloaded' }])
  expect(replica.bans.findAddress('203.0.113.7', noon)).toBeUndefined()
  expect(replica.bans.findAddress('203.0.113.8', noon)).toBeDefined()
  expect(replica.bans.findAddress('203.0.113.9', noon)).toEqual(kept)
  expect(replica.revocations.find(claims, noon)).toBeDefined()
  expect(await replica.poll(noon)).toEqual([])
})

test('[B12] a node that has read everything misses nothing when the log forgets, and follows on', async () => {
  const stores = forgetful()
  const replica = await loadControlReplica(stores, noon)
  await stores.bans.add(newBan('203.0.113.7'))
  await stores.bans.add(newBan('203.0.113.8'))
  await replica.poll(noon)
  await stores.forget()
  expect(await replica.poll(noon)).toEqual([])
  await stores.control.userChanged('1', noon)
  expect((await replica.poll(noon)).map(({ kind }) => kind)).toEqual(['user_changed'])
})

test('[B12] a ban that this node adds while it loads the tables anew stays', async () => {
  const stores = forgetful()
  let adding = false
  const bans = {
    ...stores.bans,
    async page(at: number, after: string | undefined, limit: number) {
      const listed = await stores.bans.page(at, after, limit)
      if (adding) replica.apply({ kind: 'ban_added', ban: await stores.bans.add(newBan('203.0.113.7')) })
      adding = false
      return listed
    },
  }
  const replica = await loadControlReplica({ ...stores, bans }, noon)
  for (const id of ['1', '2']) await stores.control.userChanged(id, noon)
  await stores.forget()
  adding = true
  expect((await replica.poll(noon)).map(({ kind }) => kind)).toEqual(['reloaded', 'ban_added'])
  expect(replica.bans.findAddress('203.0.113.7', noon)).toBeDefined()
})

test('[B12] a load that fails half way is tried again by the next poll', async () => {
  const stores = forgetful()
  let failing = false
  const bans = { ...stores.bans, page: (at: number, after: string | undefined, limit: number) => (failing ? Promise.reject(new Error('away')) : stores.bans.page(at, after, limit)) }
  const replica = await loadControlReplica({ ...stores, bans }, noon)
  for (const network of ['203.0.113.7', '203.0.113.8']) await stores.bans.add(newBan(network))
  await stores.forget()
  failing = true
  await expect(replica.poll(noon)).rejects.toThrow('away')
  failing = false
  expect(await replica.poll(noon)).toEqual([{ kind: 'reloaded' }])
  expect(replica.bans.findAddress('203.0.113.7', noon)).toBeDefined()
})

test('[T19] K11: an event that cannot be read has the tables loaded anew and is passed over; what stands around it is read', async () => {
  const stores = made()
  const unreadable = new Set([2, 5])
  const control: ControlLog = {
    ...stores.control,
    since: async (seq, limit) => (await stores.control.since(seq, limit)).map((event) => (unreadable.has(event.seq) ? { seq: event.seq, kind: 'unreadable' } : event)),
  }
  const replica = await loadControlReplica({ ...stores, control }, noon)
  for (const last of ['6', '7', '8']) await stores.bans.add(newBan(`203.0.113.${last}`))
  await stores.control.userChanged('1', noon)
  expect((await replica.poll(noon)).map(({ kind }) => kind)).toEqual(['ban_added', 'ban_added', 'user_changed', 'reloaded'])
  expect(replica.bans.findAddress('203.0.113.7', noon)).toBeDefined()
  await stores.bans.lift({ kind: 'network', network: '203.0.113.7' }, 'grace', noon)
  expect(await replica.poll(noon)).toEqual([{ kind: 'reloaded', unreadable: 1 }])
  expect(replica.bans.findAddress('203.0.113.7', noon)).toBeUndefined()
  await stores.control.userChanged('1', noon)
  expect((await replica.poll(noon)).map(({ kind }) => kind)).toEqual(['user_changed'])
})

test('[B16] bans and revocations that are over by a clock that is ahead at the start are in force once it is right', async () => {
  const stores = made()
  await stores.bans.add({ ...newBan('203.0.113.7'), expiresAt: noon + 3_600_000 })
  await stores.revocations.add({ kind: 'token', tokenId: 'one', until: noon + 3_600_000 }, 'grace', noon)
  const ahead = noon + 7_200_000
  const replica = await loadControlReplica(stores, ahead)
  expect([replica.bans.findAddress('203.0.113.7', ahead), replica.revocations.find(claims, ahead)]).toEqual([undefined, undefined])
  expect(replica.bans.findAddress('203.0.113.7', noon)).toBeDefined()
  expect(replica.revocations.find(claims, noon)).toBeDefined()
})
