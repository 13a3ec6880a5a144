import { afterEach, expect, test, vi } from 'vitest'
import { deny } from '../protocol/denial.js'
import { handshakeOf, noon } from './testing/staircase.js'
import { Walk } from './walk.js'

test('a walk writes down its stairs in order and ends in a decision with an id of its own', () => {
  const walk = new Walk(handshakeOf({ headers: { origin: ['https://app.example'] } }), 'v1', 'classic.v2')
  walk.pass('well_formed')
  walk.pass('client_address', 'peer')
  walk.mark('address_ban', 'ladder')
  const denied = walk.deny('address_ban', deny('address_banned', { detail: 'ban 1' }))
  expect(denied).toMatchObject({
    outcome: 'denied',
    receivedAt: noon,
    policyVersion: 'v1',
    dialect: 'classic.v2',
    origin: 'https://app.example',
    step: 'address_ban',
    marks: [{ step: 'address_ban', rule: 'ladder' }],
    client: undefined,
    endpoint: undefined,
    userId: undefined,
  })
  expect(denied.steps.map(({ name, outcome, detail }) => [name, outcome, detail])).toEqual([
    ['well_formed', 'passed', undefined],
    ['client_address', 'passed', 'peer'],
    ['address_ban', 'refused', 'ban 1'],
  ])
  expect(new Walk(handshakeOf(), 'v1', 'plain').deny('well_formed', deny('bad_request')).id).not.toBe(denied.id)
})

test('the path is kept without its query and cut at 200 characters, the Origin cut likewise', () => {
  const pathOf = (target: string) => new Walk(handshakeOf({ target }), 'v1', 'plain').deny('well_formed', deny('bad_request')).path
  expect(pathOf('/ws/?token=secret')).toBe('/ws/')
  expect(pathOf('?token=secret')).toBe('')
  expect(pathOf(`/${'a/'.repeat(250)}?token=secret`)).toBe(`/${'a/'.repeat(250)}`.slice(0, 200))
  const long = handshakeOf({ headers: { origin: ['o'.repeat(500)] } })
  expect(new Walk(long, 'v1', 'plain').deny('well_formed', deny('bad_request')).origin).toHaveLength(200)
})

afterEach(() => {
  vi.useRealTimers()
})

test('a step says how long its stair waited for somebody else, and nothing where nobody was asked', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  const walk = new Walk(handshakeOf(), 'v1', 'plain')
  walk.pass('well_formed')
  vi.advanceTimersByTime(7)
  walk.pass('client_address')
  walk.waits(performance.now())
  vi.advanceTimersByTime(25)
  walk.pass('address_ban')
  walk.waits(performance.now())
  vi.advanceTimersByTime(40)
  expect(walk.deny('address_budget', deny('rate_limited')).steps.map(({ durationMs }) => durationMs)).toEqual([0, 0, 25, 40])
})
