import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { chromiumInstalled, launchChromium } from '../browser/chromium.js'
import { createGuideClient, liveThroughADay, type Day } from './guide-client.mjs'
import { served, type Served } from './served.js'

const page = createServer((_request, response) => {
  response.setHeader('content-type', 'text/html').end('<!doctype html><title>front end</title>')
})
let origin = ''
let place: Served

beforeAll(async () => {
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve))
  const address = page.address()
  origin = `http://127.0.0.1:${String(typeof address === 'object' ? address?.port : '')}`
  place = await served({ SALLYPORT_ORIGINS: origin })
})
afterAll(async () => {
  page.close()
  await place.stop()
})

/** A front end in its page; the agent of the sample with 40 customers. */
const expectGoodDay = (day: Day): void => {
  expect(day).toMatchObject({
    silentBefore: true,
    firstFrames: ['connection_established', 'connection_established', 'connection_established', 'connection_established'],
    samePage: true,
    echo: ['support', true, true],
    pushed: 'conversations_list',
    tabsOpened: [1, 1],
    chat: { codes: [3000], delays: [20] },
    errors: 0,
  })
  const [yes = 0, , , , no = 0, , , , all] = day.counts
  expect(day.counts).toEqual([yes, yes, yes, yes, no, no, no, no, 40])
  expect(yes + no).toBe(all)
}

describe('a front end written to the guide', () => {
  test('works in Node: pages, filters, echo, pushes to a second tab, and coming back', async () => {
    expectGoodDay(await liveThroughADay(place.server.socketUrl, await place.tokenOf('1'), { Socket: WebSocket, unitMs: 20 }))
  })

  test('logs in again and does not come back when its token is refused, told by the frame and by 4001', async () => {
    class FromPage extends WebSocket {
      constructor(url: string) {
        super(url, { origin })
      }
    }
    for (const query of ['', '?token=', '?token=nonsense']) {
      const client = createGuideClient(`${place.server.socketUrl}/ws/customers/${query}`, { Socket: FromPage, unitMs: 1 })
      await client.until(({ codes }) => codes.length > 0)
      expect(client).toMatchObject({ authError: true, delays: [], opened: 1 })
      expect(client.frames.map(({ type, error_code: code }) => [type, code])).toEqual([['authentication_error', 'AUTH_REQUIRED']])
    }
  })

  test.skipIf(!chromiumInstalled)('works in Chromium (when skipped: apt-get install chromium)', async () => {
    const browser = await launchChromium()
    try {
      const tab = await browser.newPage()
      await tab.goto(origin)
      const source = await readFile(new URL('guide-client.mjs', import.meta.url), 'utf8')
      await tab.addScriptTag({ type: 'module', content: `${source}\nglobalThis.liveThroughADay = liveThroughADay` })
      // A module runs when the page comes to it, not when its tag was put in.
      await tab.waitForFunction("'liveThroughADay' in globalThis")
      const words = [place.server.socketUrl, await place.tokenOf('2')].map((word) => JSON.stringify(word)).join()
      const day = await tab.evaluate<Day>(`liveThroughADay(${words}, { unitMs: 20 })`)
      expectGoodDay(day)
    } finally {
      await browser.close()
    }
  })
})
