import { expect, test } from 'vitest'
import { shortestMs } from '../../protocol/testing/shortest-ms.js'
import { readOffer } from './subprotocols.js'

const offer = (anyName: boolean, ...lines: readonly string[]) => readOffer({ 'sec-websocket-protocol': lines }, anyName)

test('[A3] no offer is no offer', () => {
  expect(readOffer({}, false)).toEqual({ modern: false, bearer: undefined })
})

test('[A3] the pair gives the token, in either order and with any white space around the comma', () => {
  for (const line of ['sallyport.v1, sallyport.bearer.a.b.c', 'sallyport.bearer.a.b.c ,\tsallyport.v1', 'other,sallyport.v1,sallyport.bearer.a.b.c'])
    expect(offer(false, line)).toEqual({ modern: true, bearer: 'a.b.c' })
})

test('[A3] what is doubled, malformed or half a pair is refused', () => {
  const refused: readonly (readonly string[])[] = [
    ['sallyport.v1', 'sallyport.v1'],
    [],
    [''],
    [','],
    ['sallyport.v1,'],
    ['sallyport.v1 sallyport.bearer.x'],
    ['sallyport.v1, a b'],
    ['sallyport.v1, "x"'],
    ['sallyport.v1,\u00a0chat'],
    ['sallyport.v1\u0085'],
    ['sallyport.v1, sallyport.bearer.a/b'],
    ['sallyport.v1, sallyport.v1'],
    ['sallyport.v1, sallyport.bearer.a, sallyport.bearer.b'],
    ['sallyport.bearer.a'],
    ['sallyport.V1, sallyport.bearer.a'],
  ]
  for (const lines of refused) expect(offer(true, ...lines), JSON.stringify(lines)).toMatchObject({ reason: 'bad_request' })
})

test('[A3] only foreign names are passed over, unless a page offered them to a server that speaks no such thing', () => {
  const withOrigin = { 'sec-websocket-protocol': ['chat'], 'origin': ['https://app.example'] }
  expect(offer(false, 'chat')).toEqual({ modern: false, bearer: undefined })
  expect(readOffer(withOrigin, true)).toEqual({ modern: false, bearer: undefined })
  expect(readOffer(withOrigin, false)).toMatchObject({ reason: 'bad_request' })
})

test('no detail repeats what was offered', () => {
  for (const line of ['sallyport.bearer.top-secret', 'sallyport.v1, sallyport.bearer.top-secret, sallyport.bearer.top-secret', 'sallyport.v1, sallyport.bearer.top-secret/x'])
    expect(JSON.stringify(offer(true, line))).not.toContain('top-secret')
})

test('a long run of spaces is judged in no time', async () => {
  expect(await shortestMs(() => offer(true, `b${' '.repeat(14_000)}x`))).toBeLessThan(100)
})
