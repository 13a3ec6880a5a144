import { expect, test } from 'vitest'
import type { Claims } from '../token/claims.js'
import type { Role } from '../user.js'
import { goodKey } from '../token/testing/forge.js'
import { effectiveRole } from './role.js'

const claims = (role: string | undefined): Claims => ({
  subject: '1',
  issuer: 'issuer 1',
  key: goodKey,
  tokenId: undefined,
  issuedAt: undefined,
  expiresAt: 0,
  role,
  epoch: undefined,
  payload: {},
})

const ladder: readonly Role[] = ['customer', 'agent', 'admin', 'owner']
const pairs = ladder.flatMap((own) => ladder.map((claimed) => [own, claimed] as const))

test.each(pairs)('[A19] a user who is %s with a token that says %s acts as the lower of both', (own, claimed) => {
  const lower = ladder[Math.min(ladder.indexOf(own), ladder.indexOf(claimed))]
  expect(effectiveRole({ id: '1', active: true, role: own }, claims(claimed))).toBe(lower)
})

test('[A19] a role nobody knows counts as customer, whatever every object calls its members', () => {
  for (const role of ['root', 'Owner', '', 'constructor', '__proto__', 'toString'])
    expect(effectiveRole({ id: '1', active: true, role: 'owner' }, claims(role))).toBe('customer')
})

test('without a role in the token the user keeps the own one, by default agent', () => {
  expect(effectiveRole({ id: '1', active: true, role: 'admin' }, claims(undefined))).toBe('admin')
  expect(effectiveRole({ id: '1', active: true }, undefined)).toBe('agent')
})
