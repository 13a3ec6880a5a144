import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Revocation } from './revocation.js'
import { createRevocationSet } from './revocation-set.js'

const token = (tokenId: string, until: number): Revocation => ({ kind: 'token', tokenId, until })
const user = (userId: string, before: number, until: number): Revocation => ({ kind: 'user', userId, before, until })

const claims = (subject: string, tokenId?: string, issuedAt?: number) => ({ subject, tokenId, issuedAt })

test('a token is revoked by its id until the record is of no use any more', () => {
  const set = createRevocationSet()
  set.add(token('jti', 100))
  expect(set.find(claims('7', 'jti', 50), 99)).toEqual(token('jti', 100))
  expect(set.find(claims('7', 'jti', 50), 100)).toBeUndefined()
  expect(set.find(claims('7', 'other', 50), 99)).toBeUndefined()
})

test('all tokens of a user that were issued before the moment are revoked, and none from it on', () => {
  const set = createRevocationSet()
  set.add(user('7', 50, 100))
  expect(set.find(claims('7', 'a', 49), 60)).toEqual(user('7', 50, 100))
  expect(set.find(claims('7', 'a', 50), 60)).toBeUndefined()
  expect(set.find(claims('8', 'a', 49), 60)).toBeUndefined()
})

test('what is added again as it was has one end to wait for', () => {
  const set = createRevocationSet()
  for (let times = 0; times < 3; times += 1) {
    set.add(token('jti', 100))
    set.add(user('7', 50, 100))
  }
  expect(set.sweep(100, 2)).toBe(2)
  expect(set.size).toBe(0)
})

test('a token that does not say when it was issued counts as issued before', () => {
  const set = createRevocationSet()
  set.add(user('7', 50, 100))
  expect(set.find(claims('7', 'a'), 60)).toBeDefined()
})

test('a token without an id is never revoked by an id', () => {
  const set = createRevocationSet()
  set.add(token('undefined', 100))
  expect(set.find(claims('7'), 0)).toBeUndefined()
})

test('nothing that was revoked is found good, in whatever order revocations come and are swept', () => {
  const revocation = fc.oneof(
    fc.record({ kind: fc.constant('token' as const), tokenId: fc.constantFrom('a', 'b'), until: fc.nat(50) }),
    fc.record({ kind: fc.constant('user' as const), userId: fc.constantFrom('7', '8'), before: fc.nat(50), until: fc.nat(50) }),
  )
  const asked = fc.tuple(fc.constantFrom('7', '8', '9'), fc.constantFrom(undefined, 'a', 'b', 'c'), fc.option(fc.nat(50), { nil: undefined }))
  fc.assert(
    fc.property(fc.array(revocation, { maxLength: 12 }), fc.array(asked, { maxLength: 12 }), fc.nat(50), fc.nat(50), (given, asks, sweptAt, later) => {
      const at = sweptAt + later
      const set = createRevocationSet()
      for (const one of given) set.add(one)
      set.sweep(sweptAt)
      for (const [subject, tokenId, issuedAt] of asks) {
        const isRevoked = given.some((one) => {
          if (at >= one.until) return false
          if (one.kind === 'token') return one.tokenId === tokenId
          return one.userId === subject && (issuedAt === undefined || issuedAt < one.before)
        })
        const found = set.find(claims(subject, tokenId, issuedAt), at)
        if (isRevoked) expect(found).toBeDefined()
        // What is found has a reason: some record of this very token or user.
        else if (found !== undefined) expect(given.some((one) => one.kind === 'user' && one.userId === subject)).toBe(true)
      }
    }),
    { numRuns: 1_000 },
  )
})

test('sweeping forgets exactly what is over', () => {
  const set = createRevocationSet()
  set.add(token('a', 10))
  set.add(token('a', 30))
  set.add(token('b', 20))
  set.add(user('7', 5, 20))
  expect(set.size).toBe(3)
  expect(set.sweep(20)).toBe(2)
  expect(set.list(0)).toEqual([token('a', 30)])
  expect(set.sweep(30)).toBe(1)
  expect(set.size).toBe(0)
})
