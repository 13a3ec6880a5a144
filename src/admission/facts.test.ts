import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMemoryLimits } from '../stores/memory/memory-limits.js'
import type { Ban } from './ban.js'
import type { Decision, StepName } from './decision.js'
import type { LimitsConfig } from './limits.js'
import { createStaircase, noon, tokenFor, type StaircaseOptions } from './testing/staircase.js'

const roomy: LimitsConfig = {
  userConnects: { max: 1_000, windowMs: 60_000 },
  addressConnects: { max: 1_000, windowMs: 60_000 },
  userSockets: 1_000,
  addressSockets: 1_000,
  nodeSockets: 1_000,
}
const build = (options: StaircaseOptions = {}, config: Partial<LimitsConfig> = {}) => createStaircase(createMemoryLimits({ ...roomy, ...config }), options)

const good = await tokenFor()
const forged = (number: number): string => `${good.slice(0, -6)}${String(number).padStart(6, 'A')}`
const detailOf = (decision: Decision, stair: StepName): string | undefined => decision.steps.find(({ name }) => name === stair)?.detail
const reasonOf = (decision: Decision): string => (decision.outcome === 'admitted' ? 'admitted' : decision.denial.reason)

const ban: Ban = {
  id: 'b1', subject: { kind: 'network', network: '203.0.113.7' }, reason: 'abuse', actor: 'grace', source: 'manual', createdAt: noon, expiresAt: undefined,
}

test('[A25] the stair that refused shows its counter and its threshold as they were then, whatever comes after', async () => {
  const { admit } = await build({}, { userConnects: { max: 2, windowMs: 60_000 } })
  await admit({ token: good })
  await admit({ token: good })
  const refused = await admit({ token: good })
  expect(detailOf(refused, 'limits')).toBe('limits.userConnects: 2 of 2 in 60000 ms')
  await admit({ token: await tokenFor({ at: noon + 61_000 }), receivedAt: noon + 61_000 })
  expect(detailOf(refused, 'limits')).toBe('limits.userConnects: 2 of 2 in 60000 ms')
  expect(detailOf(refused, 'address_budget')).toBe('address budget: 2398.0 of 2400')
  expect(detailOf(refused, 'capacity')).toBe('sockets: 0 of 20000; loop delay: 0.0 of 100 ms; in flight: 0 of 1000')
})

test('[A25] an admission shows every limit it met', async () => {
  const { admit } = await build({}, { endpointConnects: { max: 9, windowMs: 1_000 } })
  await admit({ token: good })
  expect(detailOf(await admit({ token: good }), 'limits')).toBe(
    'limits.userConnects: 1 of 1000 in 60000 ms; limits.addressConnects: 1 of 1000 in 60000 ms; limits.endpointConnects: 1 of 9 in 1000 ms; ' +
      'limits.userSockets: 1 of 1000; limits.addressSockets: 1 of 1000; limits.nodeSockets: 1 of 1000',
  )
})

test('[A25] what a decision keeps holds no text of its token', async () => {
  const { admit } = await build()
  for (const token of [good, forged(1)]) expect(JSON.stringify(await admit({ token }))).not.toContain(token.slice(20, 60))
})

test('[L5] connects to an endpoint are counted whoever makes them, and each endpoint for itself', async () => {
  const { admit } = await build({}, { endpointConnects: { max: 2, windowMs: 60_000 } })
  for (const peerAddress of ['203.0.113.1', '203.0.113.2']) expect(reasonOf(await admit({ token: good, peerAddress }))).toBe('admitted')
  const refused = await admit({ token: await tokenFor({ subject: '2' }), peerAddress: '203.0.113.3' })
  expect(refused).toMatchObject({ denial: { reason: 'rate_limited', retryAfterMs: 60_000, detail: 'limits.endpointConnects' } })
  expect(reasonOf(await admit({ token: good, target: '/ws/chat/abc/' }))).toBe('admitted')
})

type Row = readonly [rule: string, step: StepName, options: StaircaseOptions, config: Partial<LimitsConfig>, reason: string]
const rows: readonly Row[] = [
  ['address_ban', 'address_ban', { dryRun: ['address_ban'] }, {}, 'address_banned'],
  ['user_ban', 'revocation', { dryRun: ['user_ban'] }, {}, 'user_banned'],
  ['origin', 'origin', { dryRun: ['origin'], origins: ['https://app.example'] }, {}, 'origin_refused'],
  ['address_budget', 'address_budget', { dryRun: ['address_budget'], budget: { capacity: 1, refillPerSecond: 1 } }, {}, 'rate_limited'],
  ['limits.userConnects', 'limits', {}, { userConnects: { max: 1, windowMs: 60_000 }, dryRun: ['userConnects'] }, 'rate_limited'],
  ['limits.userSockets', 'limits', {}, { userSockets: 1, dryRun: ['userSockets'] }, 'too_many_connections'],
]

test.each(rows)('[A26] %s in dry-run lets in and leaves a mark; enforced, it refuses',
  async (rule, step, options, config, reason) => {
    const run = async (isDry: boolean): Promise<Decision> => {
      const built = await build(isDry ? options : { ...options, dryRun: [] }, isDry ? config : { ...config, dryRun: [] })
      if (rule === 'address_ban') built.bans.add(ban)
      if (rule === 'user_ban') built.bans.add({ ...ban, subject: { kind: 'user', userId: '1' } })
      const headers = rule === 'origin' ? { origin: ['https://other.example'] } : {}
      // One before it uses up what there is, with a token of its own so that nothing is remembered.
      if (step === 'limits' || rule === 'address_budget') await built.admit({ token: await tokenFor({ tokenId: 'first' }), headers })
      return built.admit({ token: good, headers })
    }
    const marked = await run(true)
    expect(reasonOf(marked)).toBe('admitted')
    expect(marked.marks).toEqual([{ step, rule }])
    const enforced = await run(false)
    expect(reasonOf(enforced)).toBe(reason)
    expect(enforced.marks).toEqual([])
  },
)

test('[L3] G8: waiting exactly as long as was told succeeds, for the budget and every window, and a millisecond less does not', async () => {
  const nearly = fc.record({ max: fc.integer({ min: 1, max: 4 }), windowMs: fc.integer({ min: 100, max: 5_000 }), gaps: fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 12 }) })
  await fc.assert(
    fc.asyncProperty(nearly, fc.constantFrom('userConnects', 'addressConnects', 'endpointConnects', 'budget'), async ({ max, windowMs, gaps }, rule) => {
      const budget = { budget: { capacity: max, refillPerSecond: 1_000 / windowMs } }
      const { admit } = rule === 'budget' ? await build(budget) : await build({}, { [rule]: { max, windowMs } })
      let at = noon
      const knock = async () => admit({ token: await tokenFor({ tokenId: `t${at}` }), receivedAt: at })
      for (const gap of gaps) {
        at += gap
        await knock()
      }
      const refused = await knock()
      if (refused.outcome === 'admitted') return
      const { retryAfterMs = 0 } = refused.denial
      expect(retryAfterMs).toBeGreaterThan(0)
      at += retryAfterMs - 1
      expect(reasonOf(await knock())).toBe('rate_limited')
      at += 1
      expect(reasonOf(await knock())).toBe('admitted')
    }),
    { numRuns: 60 },
  )
})

test('[A7] an attacker behind an office runs dry, the 200 colleagues who were in before do not', async () => {
  const table = Array.from({ length: 200 }, (_, index) => ({ id: `u${index}`, active: true }))
  const { admit } = await build({ users: table, ladder: { mode: 'on' } })
  const tokens = await Promise.all(table.map(({ id }) => tokenFor({ subject: id })))
  for (const token of tokens) expect(reasonOf(await admit({ token }))).toBe('admitted')
  let checked = 0
  for (let number = 0; number < 2_000; number++) if (reasonOf(await admit({ token: forged(number), receivedAt: noon + number })) === 'token_invalid') checked += 1
  expect(checked).toBeLessThan(480)
  const refused = await admit({ token: forged(9_999), receivedAt: noon + 2_000 })
  expect(reasonOf(refused)).toBe('rate_limited')
  for (const token of tokens) expect(reasonOf(await admit({ token, receivedAt: noon + 2_001 }))).toBe('admitted')
})
