import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGateServer, tokenFor, type GateServer } from '../wire/gate-server.js'
import { chromiumInstalled, launchChromium } from './chromium.js'


const opens = (page: Page, url: string): Promise<boolean> =>
  page.evaluate(
    (address) =>
      new Promise<boolean>((resolve) => {
        const socket = new WebSocket(address)
        socket.addEventListener('open', () => {
          resolve(true)
          socket.close()
        })
        socket.addEventListener('error', () => {
          resolve(false)
        })
      }),
    url,
  )

describe.skipIf(!chromiumInstalled)('a page of another site, in Chromium (when skipped: apt-get install chromium)', () => {
  const servers: Server[] = []
  let browser: Browser
  let guarded: GateServer
  let careless: GateServer
  let ours = ''
  let theirs = ''

  const servePages = async (): Promise<string> => {
    const server = createServer((request, response) => {
      const to = new URL(request.url ?? '', 'http://x').searchParams.get('to')
      const script = `const s = new WebSocket('${to}'); s.onopen = () => parent.postMessage('open', '*'); s.onerror = () => parent.postMessage('refused', '*')`
      const frame = to === null ? '' : `<iframe sandbox="allow-scripts" srcdoc="<script>${script}</script>"></iframe>`
      response.writeHead(200, { 'Content-Type': 'text/html' })
      response.end(`<title>a page</title><script>addEventListener('message', ({ data }) => { document.title = data })</script>${frame}`)
    })
    servers.push(server)
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  beforeAll(async () => {
    ours = await servePages()
    // Cookies know no ports, so that this page's sockets carry them too, and only the Origin tells it apart.
    theirs = await servePages()
    const options = { carriers: ['cookie'], cookieName: 'chat', refusals: 'http' } as const
    guarded = await startGateServer({ ...options, origins: [ours] })
    careless = await startGateServer({ ...options, origins: [ours, theirs] })
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser.close()
    await guarded.close()
    await careless.close()
    for (const server of servers) server.close()
  })

  const withCookie = async (use: (page: Page) => Promise<void>): Promise<void> => {
    const context = await browser.newContext()
    await context.addCookies([{ name: 'chat', value: await tokenFor(), domain: '127.0.0.1', path: '/' }])
    try {
      await use(await context.newPage())
    } finally {
      await context.close()
    }
  }
  const urlOf = (server: GateServer): string => `ws://127.0.0.1:${server.port}/ws/`

  test('[A10] [A27] D6: cannot use the cookie of its visitor, though the browser sends it', async () => {
    await withCookie(async (page) => {
      await page.goto(theirs)
      expect(await opens(page, urlOf(guarded))).toBe(false)
      // The same cookie from the same page where somebody put that page on the list: the refusal above was for its Origin and nothing else.
      expect(await opens(page, urlOf(careless))).toBe(true)
      await page.goto(ours)
      expect(await opens(page, urlOf(guarded))).toBe(true)
    })
  })

  test('[A10] D3: a sandboxed frame, whose Origin is null, cannot either, also within our own page', async () => {
    await withCookie(async (page) => {
      for (const around of [theirs, ours]) {
        await page.goto(`${around}/?to=${encodeURIComponent(urlOf(guarded))}`)
        await page.waitForFunction(() => document.title !== 'a page')
        expect(await page.title()).toBe('refused')
      }
    })
  })
})
