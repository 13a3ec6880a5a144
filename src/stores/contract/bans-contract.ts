import assert from 'node:assert/strict'
import { liftGraceMs, type Ban, type Bans, type BanSubject, type NewBan } from '../../admission/ban.js'
import type { ControlEvent, ControlLog } from '../../admission/control.js'
import type { ContractCase } from './contract-case.js'

/** Bans, and the log they write to. */
export interface BansSubject {
  readonly bans: Bans
  readonly log: ControlLog
}

const hour = 3_600_000
const start = Date.UTC(2026, 0, 15)

const network = (text: string): BanSubject => ({ kind: 'network', network: text })
const user = (userId: string): BanSubject => ({ kind: 'user', userId })

const newBan = (subject: BanSubject, rest: Partial<NewBan> = {}): NewBan => ({
  subject,
  reason: 'flooding',
  actor: 'ada',
  source: 'manual',
  createdAt: start,
  expiresAt: start + 24 * hour,
  ...rest,
})

const ids = (bans: readonly Ban[]): readonly string[] => bans.map(({ id }) => id)

const idsOfEvents = (events: readonly ControlEvent[], kind: 'ban_added' | 'ban_lifted'): readonly string[] =>
  events.flatMap((event) => (event.kind === kind ? [event.ban.id] : []))

export const bansContract: readonly ContractCase<BansSubject>[] = [
  {
    name: 'a ban is listed as it was given, with an id of its own',
    async run(make) {
      const { bans } = await make()
      const given = newBan(network('203.0.113.7'), { reason: "O'Neil said \"no\"; ‮ 😀", source: 'import' })
      const added = await bans.add(given)
      const { id, ...rest } = added
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      assert.deepEqual(rest, given)
      assert.deepEqual(await bans.list(start), [added])
    },
  },
  {
    name: 'two bans of different lengths each end at their own time',
    async run(make) {
      const { bans } = await make()
      const long = await bans.add(newBan(network('203.0.113.7'), { expiresAt: start + 24 * hour }))
      const short = await bans.add(newBan(network('203.0.113.8'), { expiresAt: start + hour }))
      assert.deepEqual(ids(await bans.list(start + hour - 1)), [long.id, short.id])
      assert.deepEqual(ids(await bans.list(start + hour)), [long.id])
      assert.deepEqual(ids(await bans.list(start + 24 * hour - 1)), [long.id])
      assert.deepEqual(ids(await bans.list(start + 24 * hour)), [])
    },
  },
  {
    name: 'two bans of one subject each end at their own time',
    async run(make) {
      const { bans } = await make()
      const long = await bans.add(newBan(network('203.0.113.7'), { expiresAt: start + 24 * hour }))
      const short = await bans.add(newBan(network('203.0.113.7'), { createdAt: start + 1, expiresAt: start + hour }))
      assert.deepEqual(ids(await bans.list(start + 2)), [long.id, short.id])
      assert.deepEqual(ids(await bans.list(start + hour)), [long.id])
    },
  },
  {
    name: 'a ban without an end is in force for ever',
    async run(make) {
      const { bans } = await make()
      const ban = await bans.add(newBan(user('7'), { expiresAt: undefined }))
      assert.deepEqual(await bans.list(start + 100 * 365 * 24 * hour), [ban])
    },
  },
  {
    name: 'lifting one ban leaves the others with their ends',
    async run(make) {
      const { bans } = await make()
      const lifted = await bans.add(newBan(network('203.0.113.7')))
      const kept = await bans.add(newBan(network('203.0.113.8')))
      assert.deepEqual(await bans.lift(network('203.0.113.7'), 'grace', start + 1), [lifted])
      assert.deepEqual(await bans.list(start + 24 * hour - 1), [kept])
      assert.deepEqual(await bans.list(start + 24 * hour), [])
    },
  },
  {
    name: 'lift ends all bans of exactly its subject, oldest first, and no range around or inside it',
    async run(make) {
      const { bans } = await make()
      const second = await bans.add(newBan(network('203.0.113.7'), { createdAt: start + 2 }))
      const first = await bans.add(newBan(network('203.0.113.7'), { createdAt: start + 1, expiresAt: undefined }))
      const wide = await bans.add(newBan(network('203.0.113.0/24')))
      const host = await bans.add(newBan(network('2001:db8::1')))
      await bans.add(newBan(network('2001:db8::/64')))
      assert.deepEqual(ids(await bans.lift(network('203.0.113.7'), 'grace', start + 3)), [first.id, second.id])
      assert.equal((await bans.lift(network('2001:db8::/64'), 'grace', start + 3)).length, 1)
      assert.deepEqual(new Set(ids(await bans.list(start + 3))), new Set([wide.id, host.id]))
    },
  },
  {
    name: 'a user is not a network, even when the texts are equal',
    async run(make) {
      const { bans } = await make()
      const ban = await bans.add(newBan(user('203.0.113.7')))
      assert.deepEqual(await bans.lift(network('203.0.113.7'), 'grace', start), [])
      assert.deepEqual(await bans.lift(user('203.0.113.7 '), 'grace', start), [])
      assert.deepEqual(await bans.list(start), [ban])
    },
  },
  {
    name: 'networks are kept in their canonical text, and lifted by any spelling',
    async run(make) {
      const { bans } = await make()
      for (const [given, kept] of [
        ['::FFFF:cb00:7107', '203.0.113.7'],
        ['203.0.113.9/24', '203.0.113.0/24'],
        ['2001:DB8:0:0::1/128', '2001:db8::1'],
        ['fe80::1%eth0', 'fe80::1'],
      ] as const) {
        const ban = await bans.add(newBan(network(given)))
        assert.deepEqual(ban.subject, network(kept))
        assert.deepEqual(await bans.list(start), [ban])
        assert.deepEqual(await bans.lift(network(given), 'grace', start), [ban])
      }
    },
  },
  {
    name: 'a subject that is no network is refused with a TypeError and leaves no trace',
    async run(make) {
      const { bans, log } = await make()
      for (const text of ['', '203.0.113', '203.0.113.7/33', '010.0.0.1', 'localhost', "'; drop table bans; --"]) {
        await assert.rejects(bans.add(newBan(network(text))), TypeError)
        await assert.rejects(bans.lift(network(text), 'grace', start), TypeError)
      }
      await assert.rejects(bans.add(newBan(user(''))), TypeError)
      assert.deepEqual(await bans.list(start), [])
      assert.equal(await log.head(), 0)
    },
  },
  {
    name: 'the list is ordered by creation, whatever the order of adding',
    async run(make) {
      const { bans } = await make()
      for (const offset of [3, 1, 2]) await bans.add(newBan(network(`203.0.113.${offset}`), { createdAt: start + offset, source: 'import' }))
      assert.deepEqual(
        (await bans.list(start + 4)).map(({ createdAt }) => createdAt - start),
        [1, 2, 3],
      )
    },
  },
  {
    name: 'a ban that ended within a day is lifted all the same, once, so that a node whose clock is behind hears of it',
    async run(make) {
      const { bans, log } = await make()
      const ban = await bans.add(newBan(network('203.0.113.7'), { expiresAt: start + hour }))
      const last = start + hour + liftGraceMs - 1
      assert.deepEqual(await bans.lift(network('203.0.113.7'), 'grace', last), [ban])
      assert.deepEqual(idsOfEvents(await log.since(0, 100), 'ban_lifted'), [ban.id])
      assert.deepEqual(await bans.list(start), [])
      assert.deepEqual(await bans.lift(network('203.0.113.7'), 'grace', last), [])
    },
  },
  {
    name: 'a ban that ended longer ago is not lifted, and lifting nothing appends nothing',
    async run(make) {
      const { bans, log } = await make()
      await bans.add(newBan(network('203.0.113.7'), { expiresAt: start + hour }))
      assert.deepEqual(await bans.lift(network('203.0.113.7'), 'grace', start + hour + liftGraceMs), [])
      assert.deepEqual(await bans.lift(network('203.0.113.8'), 'grace', start), [])
      assert.equal(await log.head(), 1)
    },
  },
  {
    name: 'adding and lifting append what was done, in that order and without gaps',
    async run(make) {
      const { bans, log } = await make()
      const ban = await bans.add(newBan(network('203.0.113.7')))
      const other = await bans.add(newBan(user('7'), { expiresAt: undefined }))
      await bans.lift(network('203.0.113.7'), 'grace', start + 1)
      assert.deepEqual(await log.since(0, 100), [
        { seq: 1, kind: 'ban_added', ban },
        { seq: 2, kind: 'ban_added', ban: other },
        { seq: 3, kind: 'ban_lifted', ban },
      ])
    },
  },
  {
    name: 'bans that are added at once all exist, each with one event, without gaps',
    async run(make) {
      const { bans, log } = await make()
      const added = await Promise.all(Array.from({ length: 50 }, (_, index) => bans.add(newBan(network(`203.0.113.${index}`)))))
      const events = await log.since(0, 100)
      assert.deepEqual(
        events.map(({ seq }) => seq),
        Array.from({ length: 50 }, (_, index) => index + 1),
      )
      assert.deepEqual(idsOfEvents(events, 'ban_added').toSorted(), ids(added).toSorted())
      assert.deepEqual(ids(await bans.list(start)).toSorted(), ids(added).toSorted())
    },
  },
  {
    name: 'two lifts of one ban at once lift it once',
    async run(make) {
      const { bans, log } = await make()
      const ban = await bans.add(newBan(network('203.0.113.7')))
      const lifts = await Promise.all([1, 2, 3].map(() => bans.lift(network('203.0.113.7'), 'grace', start)))
      assert.deepEqual(lifts.flatMap(ids), [ban.id])
      assert.deepEqual(idsOfEvents(await log.since(0, 100), 'ban_lifted'), [ban.id])
    },
  },
  {
    name: 'the record and its event appear together: neither is ever seen without the other',
    async run(make) {
      const { bans, log } = await make()
      const writing = Promise.all(Array.from({ length: 30 }, (_, index) => bans.add(newBan(user(String(index))))))
      for (let round = 0; round < 30; round++) {
        const listed = ids(await bans.list(start))
        const logged = idsOfEvents(await log.since(0, 100), 'ban_added')
        const listedLater = ids(await bans.list(start))
        assert.ok(listed.every((id) => logged.includes(id)), 'a ban is listed before its event is there')
        assert.ok(logged.every((id) => listedLater.includes(id)), 'an event is there before its ban is listed')
      }
      await writing
    },
  },
  {
    name: 'many are stored with one event each, and what is equal to a ban in force or to an earlier one of the list is not stored again',
    async run(make) {
      const { bans, log } = await make()
      const known = await bans.add(newBan(network('203.0.113.7')))
      const given = [
        newBan(network('203.0.113.7/32')),
        newBan(network('::ffff:203.0.113.8'), { source: 'import' }),
        newBan(network('203.0.113.8'), { source: 'import' }),
        newBan(network('203.0.113.8'), { expiresAt: undefined }),
        newBan(network('203.0.113.8'), { expiresAt: undefined, reason: 'another' }),
        newBan(user('7')),
      ]
      const added = await bans.addAll(given)
      assert.deepEqual(
        added.map(({ subject, expiresAt, reason }) => [subject, expiresAt, reason]),
        [
          [network('203.0.113.8'), start + 24 * hour, 'flooding'],
          [network('203.0.113.8'), undefined, 'flooding'],
          [network('203.0.113.8'), undefined, 'another'],
          [user('7'), start + 24 * hour, 'flooding'],
        ],
      )
      assert.deepEqual(await bans.page(start, undefined, 100), [known, ...added])
      assert.deepEqual(idsOfEvents(await log.since(0, 100), 'ban_added'), ids([known, ...added]))
      await bans.lift(user('7'), 'ada', start + 1)
      assert.equal((await bans.addAll([newBan(user('7'))])).length, 1)
    },
  },
  {
    name: 'one bad subject among many stores none of them',
    async run(make) {
      const { bans, log } = await make()
      await assert.rejects(bans.addAll([newBan(network('203.0.113.7')), newBan(network('010.0.0.1'))]), TypeError)
      assert.deepEqual(await bans.list(start), [])
      assert.equal(await log.head(), 0)
    },
  },
  {
    name: 'pages hold every ban in force once, in the order of their ids',
    async run(make) {
      const { bans } = await make()
      const added = await bans.addAll(Array.from({ length: 7 }, (_, index) => newBan(user(String(index)), index === 3 ? { expiresAt: start + 1 } : {})))
      const seen: Ban[] = []
      for (let after: string | undefined, part = await bans.page(start + 1, after, 2); part.length > 0; part = await bans.page(start + 1, after, 2)) {
        assert.ok(part.length <= 2)
        seen.push(...part)
        after = part.at(-1)?.id
      }
      assert.deepEqual(
        seen,
        added.filter((_, index) => index !== 3),
      )
      await bans.lift(user('5'), 'ada', start + 1)
      const counted = await bans.count()
      assert.ok(counted === 5 || counted === 6, `${counted} bans`)
    },
  },
]
