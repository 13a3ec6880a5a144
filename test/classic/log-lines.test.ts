import { afterAll, beforeAll, expect, test } from 'vitest'
import { served, type Served } from './served.js'

let place: Served
beforeAll(async () => {
  place = await served({ SALLYPORT_LOG_FORMAT: 'classic', SALLYPORT_LOG_LEVEL: 'debug' })
})
afterAll(() => place.stop())

/** Lines as the old service padded them. */
const line = (logger: string, level: string, text: string): string => `${logger.padEnd(20)} ${level.padEnd(8)} ${text}`

test('C29: who comes, what is merged and what is paged is said in the lines that operators know', async () => {
  const inbox = await place.open('/ws/conversations/?page_size=3&page=x', '1')
  await inbox.until(({ type }) => type === 'conversations_list')
  await inbox.ask({ type: 'get_conversations', filters: { status: 'closed', page: 'two', search: 'Emma' } })
  inbox.close()
  const expected = [
    line('message.middleware.websocket_auth', 'DEBUG', 'Successfully authenticated user: 1 (sara@example.com)'),
    line('message.middleware.websocket_auth', 'DEBUG', 'WebSocket authenticated for user: 1'),
    line('message.consumers', 'WARNING', 'Invalid query parameter page=x'),
    line('message.consumers', 'DEBUG', 'Merged filters: query_params={"page_size":3}, filters={"status":"closed","page":"two","search":"…"}, result={"page_size":3,"status":"closed","page":"two","search":"…"}'),
    line('message.websocket_pagination', 'WARNING', 'Invalid page value: two'),
    line('message.websocket_pagination', 'DEBUG', 'Pagination calculated: page_size=3, page=1, offset=0'),
  ]
  await expect.poll(() => expected.filter((wanted) => !place.server.stdout().split('\n').includes(wanted))).toEqual([])
  expect(place.server.stdout()).not.toMatch(/Emma|eyJ[\w-]{21}/)
})
