import assert from 'node:assert/strict'
import type { ControlLog } from '../../admission/control.js'
import type { ContractCase } from './contract-case.js'

const at = Date.UTC(2026, 0, 15)

export const controlLogContract: readonly ContractCase<ControlLog>[] = [
  {
    name: 'an empty log has the head 0 and no events',
    async run(make) {
      const log = await make()
      assert.equal(await log.head(), 0)
      assert.deepEqual(await log.since(0, 10), [])
    },
  },
  {
    name: 'sequence numbers begin at 1 and have no gaps',
    async run(make) {
      const log = await make()
      for (const userId of ['a', 'b', 'a']) await log.userChanged(userId, at)
      assert.equal(await log.head(), 3)
      assert.deepEqual(await log.since(0, 10), [
        { seq: 1, kind: 'user_changed', userId: 'a' },
        { seq: 2, kind: 'user_changed', userId: 'b' },
        { seq: 3, kind: 'user_changed', userId: 'a' },
      ])
    },
  },
  {
    name: '[S18] ended sessions are read as they were given, in one order with everything else',
    async run(make) {
      const log = await make()
      const ofUser = { id: 'first', subject: { kind: 'user', userId: "O'Neil; ‮ 😀" }, endedAt: at, reader: 'a' } as const
      const ofSession = { id: 'second', subject: { kind: 'session', sessionId: 's-1' }, endedAt: at + 1, reader: 'b' } as const
      await log.sessionsEnded(ofUser)
      await log.userChanged('7', at)
      await log.sessionsEnded(ofSession)
      assert.deepEqual(await log.since(0, 10), [
        { seq: 1, kind: 'sessions_ended', end: ofUser },
        { seq: 2, kind: 'user_changed', userId: '7' },
        { seq: 3, kind: 'sessions_ended', end: ofSession },
      ])
    },
  },
  {
    name: 'since gives the events after a number, oldest first, at most as many as asked for',
    async run(make) {
      const log = await make()
      for (let index = 1; index <= 10; index++) await log.userChanged(String(index), at)
      const seqs = async (seq: number, limit: number): Promise<number[]> => (await log.since(seq, limit)).map((event) => event.seq)
      assert.deepEqual(await seqs(0, 3), [1, 2, 3])
      assert.deepEqual(await seqs(3, 3), [4, 5, 6])
      assert.deepEqual(await seqs(8, 3), [9, 10])
      assert.deepEqual(await seqs(10, 3), [])
      assert.deepEqual(await seqs(11, 3), [])
    },
  },
  {
    name: 'events that are appended at once are all there, once each, without gaps',
    async run(make) {
      const log = await make()
      const userIds = Array.from({ length: 100 }, (_, index) => `user-${index}`)
      await Promise.all(userIds.map((userId) => log.userChanged(userId, at)))
      const events = await log.since(0, 200)
      assert.deepEqual(
        events.map(({ seq }) => seq),
        userIds.map((_, index) => index + 1),
      )
      assert.deepEqual(events.flatMap((event) => (event.kind === 'user_changed' ? [event.userId] : [])).toSorted(), userIds.toSorted())
    },
  },
  {
    name: 'a reader that follows the log sees every number once, in order, while others write',
    async run(make) {
      const log = await make()
      const writing = Promise.all(Array.from({ length: 50 }, (_, index) => log.userChanged(String(index), at)))
      const seen: number[] = []
      const read = async (): Promise<void> => {
        for (const { seq } of await log.since(seen.at(-1) ?? 0, 7)) seen.push(seq)
      }
      for (let round = 0; round < 20; round++) await read()
      await writing
      for (let round = 0; round < 10; round++) await read()
      assert.deepEqual(
        seen,
        Array.from({ length: 50 }, (_, index) => index + 1),
      )
    },
  },
]
