import assert from 'node:assert/strict'
import type { ControlLog } from '../../admission/control.js'
import type { Revocation, Revocations } from '../../admission/revocation.js'
import { createRevocationSet, type RevocationSet } from '../../admission/revocation-set.js'
import type { ContractCase } from './contract-case.js'

/** Revocations, and the log they write to. */
export interface RevocationsSubject {
  readonly revocations: Revocations
  readonly log: ControlLog
}

const start = Date.UTC(2026, 0, 15)

const token = (tokenId: string, until = start + 1_000): Revocation => ({ kind: 'token', tokenId, until })
const user = (userId: string, before: number, until = start + 1_000): Revocation => ({ kind: 'user', userId, before, until })

/** What a node that loads the list knows. A store may keep one record of a user or several; what they say together is what counts. */
const replica = (revocations: readonly Revocation[]): RevocationSet => {
  const set = createRevocationSet()
  for (const revocation of revocations) set.add(revocation)
  return set
}

export const revocationsContract: readonly ContractCase<RevocationsSubject>[] = [
  {
    name: 'a revocation is listed as it was given until it is of no use any more',
    async run(make) {
      const { revocations } = await make()
      const given = [token("jti-'1'", start + 500), user('7', start - 5, start + 1_000)]
      for (const revocation of given) await revocations.add(revocation, 'ada', start)
      assert.deepEqual(new Set(await revocations.list(start + 499)), new Set(given))
      assert.deepEqual(await revocations.list(start + 500), given.slice(1))
      assert.deepEqual(await revocations.list(start + 1_000), [])
    },
  },
  {
    name: 'a token and a user with the same id are two things',
    async run(make) {
      const { revocations } = await make()
      await revocations.add(token('7'), 'ada', start)
      const known = replica(await revocations.list(start))
      assert.notEqual(known.find({ subject: 'x', tokenId: '7', issuedAt: start }, start), undefined)
      assert.equal(known.find({ subject: '7', tokenId: 'x', issuedAt: 0 }, start), undefined)
    },
  },
  {
    name: 'of two revocations of one user the later moment counts, whichever came first',
    async run(make) {
      for (const befores of [
        [start - 10, start - 5],
        [start - 5, start - 10],
      ]) {
        const { revocations } = await make()
        for (const before of befores) await revocations.add(user('7', before), 'ada', start)
        const known = replica(await revocations.list(start))
        assert.notEqual(known.find({ subject: '7', tokenId: undefined, issuedAt: start - 6 }, start), undefined)
        assert.equal(known.find({ subject: '7', tokenId: undefined, issuedAt: start - 5 }, start), undefined)
      }
    },
  },
  {
    name: 'revoking a token twice keeps it revoked until the later end',
    async run(make) {
      const { revocations } = await make()
      for (const until of [start + 1_000, start + 500]) await revocations.add(token('jti', until), 'ada', start)
      const known = replica(await revocations.list(start + 700))
      assert.notEqual(known.find({ subject: '7', tokenId: 'jti', issuedAt: undefined }, start + 700), undefined)
    },
  },
  {
    name: 'each revocation appends one event, as it was given and without gaps',
    async run(make) {
      const { revocations, log } = await make()
      const given = [token('a'), user('7', start), token('a')]
      for (const revocation of given) await revocations.add(revocation, 'ada', start)
      assert.deepEqual(
        await log.since(0, 10),
        given.map((revocation, index) => ({ seq: index + 1, kind: 'revoked', revocation })),
      )
    },
  },
  {
    name: 'the record and its event appear together: neither is ever seen without the other',
    async run(make) {
      const { revocations, log } = await make()
      const writing = Promise.all(Array.from({ length: 30 }, (_, index) => revocations.add(token(String(index)), 'ada', start)))
      const tokenIds = (list: readonly Revocation[]): string[] => list.flatMap((item) => (item.kind === 'token' ? [item.tokenId] : []))
      for (let round = 0; round < 30; round++) {
        const listed = tokenIds(await revocations.list(start))
        const logged = tokenIds((await log.since(0, 100)).flatMap((event) => (event.kind === 'revoked' ? [event.revocation] : [])))
        const listedLater = tokenIds(await revocations.list(start))
        assert.ok(listed.every((id) => logged.includes(id)), 'a revocation is listed before its event is there')
        assert.ok(logged.every((id) => listedLater.includes(id)), 'an event is there before its revocation is listed')
      }
      await writing
    },
  },
]
