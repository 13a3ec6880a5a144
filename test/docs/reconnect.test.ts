import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'

type GetToken = () => unknown

const { connect } = z
  .object({ connect: z.custom<(url: string, getToken: GetToken, onMessage: (text: string) => void, onStop: (code: number, reason: string) => void) => void>((value) => typeof value === 'function') })
  .parse(await import(new URL('../../examples/browser/reconnect.js', import.meta.url).href))

/** As much of a browser's socket as the snippet uses. */
class Knock {
  onclose: (event: { readonly code: number; readonly reason: string }) => void = () => undefined
  onmessage: (event: { readonly data: string }) => void = () => undefined
  onopen: () => void = () => undefined
  readonly protocols: readonly string[]
  constructor(_url: string, protocols: readonly string[]) {
    this.protocols = protocols
    knocks.push(this)
  }
}
const knocks: Knock[] = []

beforeEach(() => {
  knocks.length = 0
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', Knock)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test.each<readonly [string, GetToken]>([
  ['rejects', async () => Promise.reject(new TypeError('Failed to fetch'))],
  ['throws', () => {
    throw new Error('nobody is logged in yet')
  }],
])('a getToken that %s, as while the line is away, is asked again later', async (_how, failing) => {
  let away = true
  let asked = 0
  const stops: number[] = []
  connect('wss://chat.example/ws/', () => {
    asked += 1
    return away ? failing() : 'good'
  }, () => undefined, (code) => stops.push(code))
  await vi.advanceTimersByTimeAsync(600_000)
  expect(asked).toBeGreaterThan(15)
  expect(asked).toBeLessThan(60)
  away = false
  await vi.advanceTimersByTimeAsync(30_000)
  expect(knocks.map(({ protocols }) => protocols)).toEqual([['sallyport.v1', 'sallyport.bearer.good']])
  expect(stops).toEqual([])
})

test('a token that ends while the line is away is followed by a new one, and a refusal for good by none', async () => {
  const tokens = ['first', 'second']
  const stops: (readonly [number, string])[] = []
  connect('wss://chat.example/ws/', () => tokens.shift(), () => undefined, (code, reason) => stops.push([code, reason]))
  await vi.advanceTimersByTimeAsync(0)
  knocks[0]?.onclose({ code: 4401, reason: 'token_expired 0' })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(knocks.map(({ protocols }) => protocols[1])).toEqual(['sallyport.bearer.first', 'sallyport.bearer.second'])
  knocks[1]?.onclose({ code: 4401, reason: 'token_revoked 0' })
  await vi.advanceTimersByTimeAsync(600_000)
  expect(knocks).toHaveLength(2)
  expect(stops).toEqual([[4401, 'token_revoked 0']])
})
