import { expect, test } from 'vitest'
import { createLoginBudgets } from './login-budgets.js'
import { createPasswordHasher, HasherFull } from './password-hasher.js'
import { createTokenSigner } from './token-signer.js'

const at = 1_700_000_000_000
const budgets = () => createLoginBudgets({ address: { capacity: 50, refillPerSecond: 1 }, account: { capacity: 30, refillPerSecond: 0.1 } })
const isRefused = (answer: object): boolean => 'granted' in answer

test('[G3] refused log-ins use up the budget of an account from any address, and the wait that is told is enough', () => {
  const kept = budgets()
  for (let address = 1; address <= 3; address += 1) expect(isRefused(kept.take('Ada', `10.0.0.${String(address)}`, at))).toBe(false)
  const refused = kept.take('ada', '10.0.0.9', at)
  if (!('granted' in refused)) throw new Error('It was let through')
  expect(isRefused(kept.take('ada', '10.0.0.9', at + refused.retryAfterMs - 1))).toBe(true)
  expect(isRefused(kept.take('ada', '10.0.0.9', at + refused.retryAfterMs))).toBe(false)
})

test('[G3] one address has a budget of its own over all accounts', () => {
  const kept = budgets()
  for (let count = 0; count < 5; count += 1) expect(isRefused(kept.take(`user ${String(count)}`, '10.0.0.1', at))).toBe(false)
  expect(isRefused(kept.take('another', '10.0.0.1', at))).toBe(true)
  expect(isRefused(kept.take('another', '10.0.0.2', at))).toBe(false)
})

test('[G3] where both an address and an account are dry, the longer wait is told, and a refusal takes nothing from either', () => {
  const kept = budgets()
  for (const name of ['x', 'y', 'ada', 'ada', 'ada']) kept.take(name, '10.0.0.1', at)
  for (let count = 0; count < 20; count += 1) expect(kept.take('ada', '10.0.0.1', at)).toMatchObject({ granted: false, retryAfterMs: 10_000 })
  expect(isRefused(kept.take('ada', '10.0.0.1', at + 10_000))).toBe(false)

  const others = budgets()
  for (let address = 1; address <= 3; address += 1) others.take('ada', `10.0.0.${String(address)}`, at)
  for (let count = 0; count < 60; count += 1) expect(others.take('ada', '10.0.0.9', at)).toMatchObject({ granted: false, retryAfterMs: 10_000 })
  expect(isRefused(others.take('bob', '10.0.0.9', at))).toBe(false)
})

test('[G3] good and unjudged attempts give back what they were charged', () => {
  const kept = budgets()
  for (let count = 0; count < 20; count += 1) {
    const attempt = kept.take('ada', '10.0.0.1', at)
    if ('granted' in attempt) throw new Error(`Refused at ${String(count)}`)
    if (count % 2 === 0) attempt.accepted(at)
    else attempt.unjudged(at)
  }
})

test('[G3] strangers do not lock out an address that logged in before', () => {
  const kept = budgets()
  const first = kept.take('ada', '10.0.0.1', at)
  if ('granted' in first) throw new Error('Refused')
  first.accepted(at)
  for (let address = 2; address < 9; address += 1) kept.take('ada', `10.0.0.${String(address)}`, at)
  expect(isRefused(kept.take('ada', '10.0.0.99', at))).toBe(true)
  expect(isRefused(kept.take('ada', '10.0.0.1', at))).toBe(false)
})

test('passwords are hashed with argon2id, compared in one normal form, and no hash is nobody’s', async () => {
  const hasher = createPasswordHasher()
  const hashed = await hasher.hash('caf\u00e9 au lait')
  expect(hashed).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(await hasher.verify(hashed, 'cafe\u0301 au lait')).toBe(true)
  expect(await hasher.verify(hashed, 'cafe au lait')).toBe(false)
  expect(await hasher.verify(undefined, 'cafe au lait')).toBe(false)
})

test('[G4] passwords wait in a bounded queue, and one more is told how long', async () => {
  const hasher = createPasswordHasher(3)
  const answers = await Promise.allSettled(Array.from({ length: 6 }, () => hasher.verify(undefined, 'x')))
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'])
  const [last] = answers.slice(-1)
  expect(last?.status === 'rejected' && last.reason instanceof HasherFull && last.reason.retryAfterMs > 0).toBe(true)
  expect(await hasher.verify(undefined, 'x')).toBe(false)
})

test('who has no secret signs nothing', () => {
  expect(createTokenSigner([{ profile: 'standard', algorithms: ['RS256'], keys: [{ publicKey: 'pem' }] }])).toBeUndefined()
})
