import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { StoreUnavailable } from './store-unavailable.js'
import { within } from './within.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('an answer in time is handed on, and no timer is left', async () => {
  await expect(within('users', 100, Promise.resolve('grace'))).resolves.toBe('grace')
  expect(vi.getTimerCount()).toBe(0)
})

test('no answer in time means that the store is away', async () => {
  const waiting = within('users', 100, new Promise(() => undefined))
  const refused = expect(waiting).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', store: 'users', message: 'no answer within 100 ms' })
  await vi.advanceTimersByTimeAsync(100)
  await refused
})

test('a failure of the port becomes its store being away, with the failure as cause', async () => {
  const cause = new RangeError('no such column')
  await expect(within('users', 100, Promise.reject(cause))).rejects.toMatchObject({ store: 'users', message: 'no such column', cause })
  expect(vi.getTimerCount()).toBe(0)
})

test('a store that says itself that it is away is believed', async () => {
  const away = new StoreUnavailable('postgres', 'pool exhausted')
  await expect(within('users', 100, Promise.reject(away))).rejects.toBe(away)
})

test('what is rejected without an error still has a sentence', async () => {
  const odd: Promise<never> = new Promise((_resolve, reject) => {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- a port of somebody else may do exactly this
    reject('nothing to say')
  })
  await expect(within('users', 100, odd)).rejects.toMatchObject({ message: 'failed without an error' })
})
