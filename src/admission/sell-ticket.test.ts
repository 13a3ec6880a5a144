import { expect, test } from 'vitest'
import { createMemoryLimits } from '../stores/memory/memory-limits.js'
import { createTicketDesk, sellTicket, type TicketAnswer, type TicketDesk, type TicketRequest } from './sell-ticket.js'
import { StoreUnavailable } from './store-unavailable.js'
import { createStaircase, noon, tokenFor, type Staircase, type StaircaseOptions } from './testing/staircase.js'

const roomy = { userConnects: { max: 60, windowMs: 60_000 }, addressConnects: { max: 60, windowMs: 60_000 }, userSockets: 60, addressSockets: 60, nodeSockets: 60 }
const page = 'https://app.example'

interface Counter extends Staircase {
  readonly desk: TicketDesk
}
const open = async (options: StaircaseOptions = {}): Promise<Counter> => {
  const staircase = await createStaircase(createMemoryLimits(roomy), { carriers: ['header', 'ticket'], origins: [page], ...options })
  return { ...staircase, desk: createTicketDesk(staircase.tickets) }
}

interface Ask {
  readonly path?: string
  readonly token?: string | undefined
  readonly headers?: TicketRequest['headers']
  readonly peerAddress?: string
}
const ask = async ({ rules, desk }: Counter, { path = '/ws/chat/x/', headers, peerAddress = '203.0.113.7', ...rest }: Ask = {}): Promise<TicketAnswer> => {
  const token = 'token' in rest ? rest.token : await tokenFor()
  return sellTicket(rules, desk, { path, peerAddress, headers: { origin: [page], ...(token === undefined ? {} : { authorization: [`Bearer ${token}`] }), ...headers } }, noon)
}
const reasonOf = (answer: TicketAnswer): string => (answer.outcome === 'issued' ? 'issued' : answer.denial.reason)

test('[O1] [O4] a bearer buys a ticket, and the session that it opens is that of the token: same claims, same end', async () => {
  const counter = await open()
  const bought = await ask(counter, { token: await tokenFor({ lifetimeMs: 40_000 }) })
  expect(bought).toMatchObject({ outcome: 'issued', userId: '1', address: '203.0.113.7', expiresInMs: 30_000 })
  const target = `/ws/chat/x/?ticket=${bought.outcome === 'issued' ? bought.ticket : ''}`
  const headers = { origin: [page] }
  expect(await counter.admit({ target, headers }, 'explain')).toMatchObject({ outcome: 'admitted' })
  expect(await counter.admit({ target, headers })).toMatchObject({ outcome: 'admitted', principal: { user: { id: '1' }, expiresAt: noon + 40_000, claims: { subject: '1' } } })
  expect(await counter.admit({ target, headers })).toMatchObject({ outcome: 'denied', step: 'token', denial: { reason: 'token_expired' } })
})

test('[O4] what happens to its token or its user before it is used counts', async () => {
  const counter = await open()
  const bought = await ask(counter)
  counter.revocations.add({ kind: 'user', userId: '1', before: noon + 1_000, until: noon + 60_000 })
  expect(await counter.admit({ target: `/ws/chat/x/?ticket=${bought.outcome === 'issued' ? bought.ticket : ''}`, headers: { origin: [page] } })).toMatchObject({ denial: { reason: 'token_revoked' } })
})

const ban = { id: 'ban', reason: '', actor: 'ada', source: 'manual', createdAt: noon, expiresAt: undefined } as const
const forged = { secret: 'the white stork stands on the roof until all the chimneys of town are cold' }
type Refusal = readonly [what: string, reason: string, ask: () => Promise<Ask> | Ask, options?: StaircaseOptions, change?: (counter: Counter) => void]
const refusals: readonly Refusal[] = [
  ['no token', 'token_missing', () => ({ token: undefined })],
  ['a forged token', 'token_invalid', async () => ({ token: await tokenFor(forged) })],
  ['an expired token', 'token_expired', async () => ({ token: await tokenFor({ at: noon - 120_000, lifetimeMs: 60_000 }) })],
  ['an unknown user', 'user_unknown', async () => ({ token: await tokenFor({ subject: '9' }) })],
  ['a disabled user', 'user_disabled', async () => ({ token: await tokenFor({ subject: '4' }) })],
  ['a role that the endpoint refuses', 'forbidden', async () => ({ path: '/ws/conversations/', token: await tokenFor({ subject: '3' }) })],
  ['a foreign conversation', 'not_found', () => ({}), { memberships: { mayEnter: () => Promise.resolve(false) } }],
  ['memberships that are away', 'dependency_unavailable', () => ({}), { memberships: { mayEnter: () => Promise.reject(new StoreUnavailable('memberships', 'away')) } }],
  ['a path that is not served', 'not_found', () => ({ path: '/elsewhere/' })],
  ['a path with a query', 'bad_request', () => ({ path: '/ws/chat/x/?token=a' })],
  ['no path', 'bad_request', () => ({ path: '' })],
  ['a Host that is not served', 'bad_request', () => ({ headers: { host: ['other.example'] } }), { hosts: ['gate.example'] }],
  ['two Origins, of which one is on the list', 'bad_request', () => ({ headers: { origin: [page, 'https://evil.example'] } })],
  ['a page that is not on the list', 'origin_refused', () => ({ headers: { origin: ['https://evil.example'] } })],
  ['a page that is not on the list, while that rule runs dry', 'origin_refused', () => ({ headers: { origin: ['https://evil.example'] } }), { dryRun: ['origin'] }],
  ['a forwarding header in development', 'bad_forwarding', () => ({ headers: { 'x-forwarded-for': ['198.51.100.1'] } }), { refuseForwarded: true }],
  ['a banned address', 'address_banned', () => ({}), {}, ({ bans }) => { bans.add({ ...ban, subject: { kind: 'network', network: '203.0.113.0/24' } }) }],
  ['a banned user', 'user_banned', () => ({}), {}, ({ bans }) => { bans.add({ ...ban, subject: { kind: 'user', userId: '1' } }) }],
  ['a revoked user', 'token_revoked', () => ({}), {}, ({ revocations }) => { revocations.add({ kind: 'user', userId: '1', before: noon + 1_000, until: noon + 60_000 }) }],
  ['a node that drains', 'draining', () => ({}), {}, ({ capacity }) => { capacity.drain() }],
]
test.each(refusals.map(([what, reason, ...rest]) => ({ what, reason, rest })))('[O1] no ticket for $what: $reason', async ({ reason, rest: [asking, options, change] }) => {
  const counter = await open(options)
  change?.(counter)
  expect(reasonOf(await ask(counter, await asking()))).toBe(reason)
  expect(counter.tickets.size).toBe(0)
})

test('[O5] a user buys 60 at once, an address 600, and bad tokens cost it five', async () => {
  const counter = await open()
  const answers = await Promise.all(Array.from({ length: 61 }, () => ask(counter)))
  expect(answers.map(reasonOf).filter((reason) => reason === 'issued')).toHaveLength(60)
  expect(answers.find(({ outcome }) => outcome === 'denied')).toMatchObject({ denial: { reason: 'rate_limited', retryAfterMs: 1_000 } })
  expect(reasonOf(await ask(counter, { token: await tokenFor({ subject: '2', epoch: 3 }) }))).toBe('issued')
  const token = await tokenFor(forged)
  const reasons: string[] = []
  for (let index = 0; index < 121; index += 1) reasons.push(reasonOf(await ask(counter, { token, peerAddress: '198.51.100.9' })))
  expect(reasons.slice(0, 120)).toEqual(Array.from({ length: 120 }, () => 'token_invalid'))
  expect(reasons[120]).toBe('rate_limited')
  expect(reasonOf(await ask(counter, { peerAddress: '198.51.100.10', token: await tokenFor({ subject: '2', epoch: 3 }) }))).toBe('issued')
})

test('[A7] a dry budget lets a ticket in that is good, and no other', async () => {
  const counter = await open({ budget: { capacity: 1, refillPerSecond: 0.001 } })
  const bought = await ask(counter)
  const ticket = bought.outcome === 'issued' ? bought.ticket : ''
  const headers = { origin: [page] }
  await counter.admit({ target: '/ws/chat/x/', headers })
  expect(await counter.admit({ target: '/ws/chat/x/?ticket=other', headers })).toMatchObject({ step: 'address_budget' })
  expect(await counter.admit({ target: `/ws/chat/x/?ticket=${ticket}`, headers })).toMatchObject({ outcome: 'admitted' })
})
