import { expect, test } from 'vitest'
import type { Claims } from './token/claims.js'
import { createTickets } from './tickets.js'

const at = Date.UTC(2026, 0, 15, 12)
const key = { issuer: 'a', kid: undefined, notAfter: Infinity, withdrawn: false }
const claims: Claims = { subject: '1', issuer: 'a', key, tokenId: 'j', issuedAt: at, expiresAt: at + 3_600_000, role: undefined, epoch: undefined, payload: {} }
const use = { target: '/ws/chat/x/', origin: 'https://app.example' }

const issued = (tickets: ReturnType<typeof createTickets>, change: Partial<Claims> = {}): string => tickets.issue({ ...claims, ...change }, use, at) ?? ''

test('[O3] a ticket is 192 random bits, and stands for the claims it was bought with exactly once', () => {
  const tickets = createTickets()
  const ticket = issued(tickets)
  expect(ticket).toMatch(/^[\w-]{32}$/)
  expect(new Set(Array.from({ length: 100 }, () => issued(tickets))).size).toBe(100)
  expect(tickets.peek(ticket, use, at)).toEqual({ ok: true, claims, cached: false })
  expect(tickets.redeem(ticket, use, at)).toEqual({ ok: true, claims, cached: false })
  expect(tickets.redeem(ticket, use, at)).toMatchObject({ ok: false, denial: { reason: 'token_expired' } })
})

test('[O3] it ends after 30 s, also when the wall clock is set back meanwhile', () => {
  const tickets = createTickets()
  const [early, late, reset] = [issued(tickets), issued(tickets), issued(tickets)]
  expect(tickets.redeem(early, use, at + 29_999)).toMatchObject({ ok: true })
  expect(tickets.redeem(late, use, at + 30_000)).toMatchObject({ ok: false, denial: { reason: 'token_expired' } })
  expect(tickets.redeem(reset, use, at - 3_600_000)).toMatchObject({ ok: false, denial: { reason: 'token_expired' } })
})

test('[O3] another path or Origin is refused and uses it up; the query and a last slash are no part of the path', () => {
  const tickets = createTickets()
  for (const other of [{ target: '/ws/chat/y/' }, { target: '/ws/chat/x/y' }, { target: '/ws/chat/X/' }, { origin: 'https://evil.example' }, { origin: undefined }]) {
    const ticket = issued(tickets)
    expect(tickets.redeem(ticket, { ...use, ...other }, at)).toMatchObject({ ok: false, fault: 'claims', denial: { reason: 'token_invalid' } })
    expect(tickets.redeem(ticket, use, at)).toMatchObject({ ok: false })
  }
  expect(tickets.redeem(issued(tickets), { ...use, target: '/ws/chat/x?ticket=a&v=1' }, at)).toMatchObject({ ok: true })
})

test('[O4] it is worth no more than its token: not after its end, nor when its key was withdrawn or is past its end', () => {
  const tickets = createTickets()
  expect(tickets.redeem(issued(tickets, { expiresAt: at + 5_000 }), use, at + 5_000)).toMatchObject({ ok: false, denial: { reason: 'token_expired' } })
  expect(tickets.redeem(issued(tickets, { key: { ...key, withdrawn: true } }), use, at)).toMatchObject({ ok: false, denial: { reason: 'token_expired' } })
  expect(tickets.redeem(issued(tickets, { key: { ...key, notAfter: at + 5_000 } }), use, at + 5_000)).toMatchObject({ ok: false })
})

test('[O5] only so many unused tickets are held, and no unused one is lost to a newer', () => {
  const tickets = createTickets({ maxTickets: 3 })
  const kept = [issued(tickets), issued(tickets), issued(tickets)]
  expect(tickets.issue(claims, use, at + 29_999)).toBeUndefined()
  expect(tickets.size).toBe(3)
  expect(tickets.redeem(kept[0] ?? '', use, at)).toMatchObject({ ok: true })
  expect(tickets.issue(claims, use, at + 20_000)).toBeDefined()
  expect(tickets.issue(claims, use, at + 30_000)).toBeDefined()
  expect(tickets.size).toBe(2)
})
