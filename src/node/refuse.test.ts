import { Duplex } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { deny, type Denial } from '../protocol/denial.js'
import { refuse } from './refuse.js'

const id = '0196e3a4-7c00-7000-8000-00000000abcd'

/** A connection whose peer takes what is written when the test says so. */
const connection = (takes = true) => {
  const written: string[] = []
  const duplex = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk.toString())
      if (takes) done()
    },
  })
  duplex.on('error', () => undefined)
  return { duplex, text: () => written.join('') }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const closed = (duplex: Duplex): Promise<void> => new Promise((resolve) => duplex.once('close', resolve))

test('[R4] a refusal is written as one whole answer', async () => {
  const { duplex, text } = connection()
  refuse(duplex, deny('rate_limited', { retryAfterMs: 1_500 }), id)
  await closed(duplex)
  const body = `{"title":"Too many connects in the window.","status":429,"code":"rate_limited","decisionId":"${id}","retryAfterMs":1500}`
  expect(text()).toBe(
    [
      'HTTP/1.1 429 Too Many Requests',
      'Connection: close',
      'Content-Type: application/problem+json',
      'Cache-Control: no-store',
      'Retry-After: 2',
      `Content-Length: ${String(body.length)}`,
      '',
      body,
    ].join('\r\n'),
  )
})

test('[R4] answers of one kind differ in their decision id alone, and those of another status are others', async () => {
  const answer = async (denial: Denial, decisionId: string): Promise<string> => {
    const { duplex, text } = connection()
    refuse(duplex, denial, decisionId)
    await closed(duplex)
    return text()
  }
  const other = '0196e3a4-7c00-7000-8000-00000000ef01'
  const first = await answer(deny('bad_request', { detail: 'one' }), id)
  expect(await answer(deny('bad_request', { detail: 'two' }), other)).toBe(first.replace(id, other))
  expect(await answer(deny('bad_request', { status: 426 }), id)).toMatch(/^HTTP\/1\.1 426 /)
  expect(await answer(deny('bad_request'), 'short')).toContain('"decisionId":"short"')
})

test('[R2] the old answer is 403 with an empty body and nothing that tells one reason from another', async () => {
  const { duplex, text } = connection()
  refuse(duplex, deny('token_missing'), id, { bare: true })
  await closed(duplex)
  expect(text()).toBe('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n')
})

test('[R5] the connection is destroyed once the answer is written, and no timer is left', async () => {
  const { duplex } = connection()
  refuse(duplex, deny('forbidden'), id)
  await closed(duplex)
  expect(duplex.destroyed).toBe(true)
  expect(vi.getTimerCount()).toBe(0)
})

test('[R5] a peer that does not take its answer is dropped after two seconds', () => {
  const { duplex } = connection(false)
  refuse(duplex, deny('forbidden'), id)
  vi.advanceTimersByTime(1_999)
  expect(duplex.destroyed).toBe(false)
  vi.advanceTimersByTime(1)
  expect(duplex.destroyed).toBe(true)
})

test('[A23] a connection that is gone or ended is only destroyed', () => {
  const gone = connection()
  gone.duplex.destroy()
  refuse(gone.duplex, deny('forbidden'), id)
  const ended = connection(false)
  ended.duplex.end('something else')
  refuse(ended.duplex, deny('forbidden'), id)
  expect([gone.text(), ended.text(), ended.duplex.destroyed]).toEqual(['', 'something else', true])
})
