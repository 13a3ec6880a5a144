import { createServer, type Server } from 'node:http'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { printedTokens, serve, temporaryFolder, type Serving } from '../server/run-cli.js'
import { chromiumInstalled, launchChromium } from './chromium.js'

const id = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/

test.runIf(process.env['CI'] !== undefined)('Chromium is installed where nothing may be skipped', () => {
  expect(chromiumInstalled, 'there is no /usr/bin/chromium: apt-get install chromium').toBe(true)
})

/** What a script of a page sees of one socket, from its making to its close. */
interface Seen {
  readonly opened: boolean
  readonly frames: readonly string[]
  readonly code: number
  readonly reason: string
}

const seenBy = (page: Page, url: string, protocols: readonly string[] = []): Promise<Seen> =>
  page.evaluate(
    ([address, names]) =>
      new Promise<Seen>((resolve) => {
        const socket = new WebSocket(address, [...names])
        const frames: string[] = []
        let opened = false
        socket.addEventListener('open', () => {
          opened = true
        })
        socket.addEventListener('message', ({ data }) => frames.push(String(data)))
        socket.addEventListener('close', ({ code, reason }) => {
          resolve({ opened, frames, code, reason })
        })
      }),
    [url, protocols] as const,
  )

describe.skipIf(!chromiumInstalled)('in Chromium (when skipped: apt-get install chromium)', () => {
  let server: Serving
  let browser: Browser
  let token = ''
  let remove: () => Promise<void>

  beforeAll(async () => {
    const folder = await temporaryFolder()
    remove = folder.remove
    server = await serve(['dev'], folder.cwd, { SALLYPORT_LOG_LEVEL: 'debug' })
    token = printedTokens(server)[0] ?? ''
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser.close()
    await server.stop()
    await remove()
  })

  const withPage = async (options: Parameters<Browser['newContext']>[0], use: (page: Page) => Promise<void>): Promise<void> => {
    const context = await browser.newContext(options)
    context.setDefaultTimeout(60_000)
    try {
      const page = await context.newPage()
      const faults: string[] = []
      page.on('pageerror', (error) => faults.push(error.message))
      page.on('console', (message) => {
        if (message.type() === 'error') faults.push(message.text())
      })
      await use(page)
      expect(faults).toEqual([])
    } finally {
      await context.close()
    }
  }
  const openDemo = (page: Page) => page.goto(`${server.publicUrl}/demo#token=${token}`)
  const log = (page: Page) => page.locator('#log')
  const refusal = (page: Page) => page.locator('#log li[data-kind=refused]')

  test('the demo takes the token out of the address bar, connects, and shows a first page', async () => {
    await withPage({}, async (page) => {
      await openDemo(page)
      await page.getByRole('button', { name: 'Connect', exact: true }).waitFor()
      expect(page.url()).toBe(`${server.publicUrl}/demo`)
      expect(await page.getByLabel('Token', { exact: true }).inputValue()).toBe(token)
      await page.getByRole('button', { name: 'Connect', exact: true }).click()
      await page.locator('#state[data-state=open]').waitFor()
      await log(page).getByText('"welcome"').waitFor()
      await page.getByRole('button', { name: 'Send', exact: true }).click()
      await log(page).getByText('"re": "1"').waitFor()
      expect(await refusal(page).count()).toBe(0)
      expect(await page.locator('body').innerText()).not.toContain(token)
    })
  })

  test('the classic dialect gets its greeting and its list without asking', async () => {
    await withPage({}, async (page) => {
      await openDemo(page)
      await page.getByLabel('Dialect').selectOption('classic')
      await page.getByRole('button', { name: 'Connect', exact: true }).click()
      await log(page).getByText('"connection_established"').waitFor()
      await log(page).getByText('"customers_list"').waitFor()
    })
  })

  test('a broken token is refused with its code, a sentence, and an id that explain opens', async () => {
    await withPage({}, async (page) => {
      await openDemo(page)
      await page.getByLabel('Token', { exact: true }).fill(`${token.slice(0, -6)}AAAAAA`)
      await page.getByRole('button', { name: 'Connect', exact: true }).click()
      await refusal(page).waitFor()
      const text = await refusal(page).innerText()
      expect(text).toContain('4401')
      expect(text).toContain('token_invalid')
      expect(text).toContain('The token was not accepted.')
      const decisionId = id.exec(text)?.[0] ?? ''
      expect(text).toContain(`sallyport explain ${decisionId}`)
      const explained = await server.run(['explain', decisionId])
      expect(explained).toMatchObject({ code: 0 })
      expect(explained.stdout).toMatch(/^denied token_invalid\n/)
    })
  })

  test('a token is taken as it was meant with what it was copied with, and what no token holds is not repeated but said', async () => {
    await withPage({}, async (page) => {
      await openDemo(page)
      const field = page.getByLabel('Token', { exact: true })
      for (const pasted of [`Bearer ${token}`, `"${token}"`, ` 'Authorization: bearer  ${token}' `, `\`${token.slice(0, 20)} ${token.slice(20)}\``]) {
        await field.fill(pasted)
        await page.getByRole('button', { name: 'Connect', exact: true }).click()
        await page.locator('#state[data-state=open]').waitFor()
        await page.getByRole('button', { name: 'Disconnect' }).click()
        await page.locator('#state[data-state=closed]').waitFor()
      }
      expect(await refusal(page).count()).toBe(0)
      await field.fill(`token="${token}"`)
      await page.getByRole('button', { name: 'Connect', exact: true }).click()
      await refusal(page).waitFor()
      expect(await refusal(page).innerText()).toContain('copy it anew, from its first letter to its last and nothing else')
      expect(await refusal(page).innerText()).not.toContain(token)
    })
  })

  test('everything can be done by keyboard, and the focus is seen', async () => {
    await withPage({}, async (page) => {
      await openDemo(page)
      const focused = () => page.evaluate(() => document.activeElement?.id ?? '')
      const tabTo = async (wanted: string): Promise<void> => {
        for (let presses = 0; presses < 20 && (await focused()) !== wanted; presses += 1) await page.keyboard.press('Tab')
        expect(await focused()).toBe(wanted)
        const outline = await page.evaluate(() => (document.activeElement === null ? '' : getComputedStyle(document.activeElement).outlineStyle))
        expect(outline).toBe('solid')
      }
      await tabTo('endpoint')
      await tabTo('token')
      await page.keyboard.press('Enter')
      await page.locator('#state[data-state=open]').waitFor()
      await tabTo('frame')
      await page.keyboard.press('Control+A')
      await page.keyboard.type('{"id":"k","type":"conversations.list"}')
      await page.keyboard.press('Control+Enter')
      await log(page).getByText('"re": "k"').waitFor()
      await page.keyboard.press('Shift+Tab')
      await tabTo('disconnect')
      await page.keyboard.press('Space')
      await page.locator('#state[data-state=closed]').waitFor()
      // What had the focus is disabled now; it may not be lost with it.
      expect(await focused()).toBe('connect')
    })
  })

  test.each(['light', 'dark'] as const)('every text can be read in %s colours', async (colorScheme) => {
    await withPage({ colorScheme }, async (page) => {
      await openDemo(page)
      await page.getByRole('button', { name: 'Connect', exact: true }).click()
      await log(page).getByText('"welcome"').waitFor()
      const faint = await page.evaluate(() => {
        const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
        const luminance = (colour: string): { readonly light: number; readonly opaque: boolean } => {
          if (canvas === null) return { light: 0, opaque: false }
          canvas.clearRect(0, 0, 1, 1)
          canvas.fillStyle = colour
          canvas.fillRect(0, 0, 1, 1)
          const [red = 0, green = 0, blue = 0, alpha = 0] = canvas.getImageData(0, 0, 1, 1).data
          const linear = (part: number): number => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4)
          return { light: 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue), opaque: alpha === 255 }
        }
        const behind = (element: Element | null): string => {
          if (element === null) return 'white'
          const { backgroundColor } = getComputedStyle(element)
          return luminance(backgroundColor).opaque ? backgroundColor : behind(element.parentElement)
        }
        // WCAG 2 success criterion 1.4.3; what is disabled is exempt.
        return [...document.querySelectorAll('body *')].flatMap((element) => {
          const shown = element.checkVisibility() && [...element.childNodes].some((node) => node.nodeType === 3 && (node.textContent ?? '').trim() !== '')
          if (!shown || element.matches(':disabled')) return []
          const [front, back] = [luminance(getComputedStyle(element).color).light, luminance(behind(element)).light]
          const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05)
          return ratio >= 4.5 ? [] : [`${element.tagName} ${(element.textContent ?? '').trim().slice(0, 30)} ${ratio.toFixed(2)}`]
        })
      })
      expect(faint).toEqual([])
      const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      expect(paper === 'rgb(255, 255, 255)').toBe(colorScheme === 'light')
    })
  })

  test('on a phone 375 pixels wide nothing scrolls sideways, with a list and a refusal on the page', async () => {
    await withPage({ viewport: { width: 375, height: 740 }, isMobile: true, hasTouch: true }, async (page) => {
      await openDemo(page)
      await page.getByRole('button', { name: 'Connect', exact: true }).tap()
      await log(page).getByText('"welcome"').waitFor()
      await page.getByRole('button', { name: 'Send', exact: true }).tap()
      await log(page).getByText('"re": "1"').waitFor()
      await page.getByRole('button', { name: 'Disconnect' }).tap()
      await page.getByLabel('Token', { exact: true }).fill('nonsense')
      await page.getByRole('button', { name: 'Connect', exact: true }).tap()
      await refusal(page).waitFor()
      await page.getByText('Every refusal, in words').tap()
      const [content, width] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth])
      expect(content).toBe(width)
      expect(width).toBe(375)
      // The table of refusals neither: its sentences are what a reader is here for.
      const cut = await page.locator('#refusals td').evaluateAll((cells) => cells.filter((cell) => cell.getBoundingClientRect().right > innerWidth).length)
      expect(cut).toBe(0)
      await page.evaluate(() => (document.documentElement.dir = 'rtl'))
      const turned = await page.locator('#refusals td').evaluateAll((cells) => cells.filter((cell) => cell.getBoundingClientRect().left < 0).length)
      expect(turned).toBe(0)
      const small = await page.locator('button:visible, input:visible, select:visible').evaluateAll((elements) =>
        elements.filter((element) => element.getBoundingClientRect().height < 44).map((element) => element.id),
      )
      expect(small).toEqual([])
    })
  })

  test('a script of the page gets authentication_error and 4001 for a bad classic token, and the bare close in sallyport.v1', async () => {
    await withPage({}, async (page) => {
      await openDemo(page)
      const classic = await seenBy(page, `${server.socketUrl}/ws/customers/?token=nonsense`)
      expect(classic).toMatchObject({ opened: true, code: 4001 })
      expect(classic.frames).toHaveLength(1)
      expect(JSON.parse(classic.frames[0] ?? '')).toMatchObject({ type: 'authentication_error' })
      const modern = await seenBy(page, `${server.socketUrl}/ws/`, ['sallyport.v1', 'sallyport.bearer.nonsense'])
      expect(modern).toMatchObject({ opened: true, code: 4401, frames: [] })
      expect(modern.reason).toMatch(/^token_invalid [0-9a-f-]{36}$/)
    })
  })

  test('a page of a foreign Origin is refused whatever it holds, and is counted as such', async () => {
    const foreign = await listenForeign()
    const context = await browser.newContext()
    try {
      const page = await context.newPage()
      await page.goto(foreign.url)
      for (const [url, protocols] of [
        [`${server.socketUrl}/ws/customers/?token=${token}`, []],
        [`${server.socketUrl}/ws/`, ['sallyport.v1', `sallyport.bearer.${token}`]],
      ] as const) {
        // Browsers tell a page nothing about a refused handshake but 1006.
        expect(await seenBy(page, url, protocols)).toEqual({ opened: false, frames: [], code: 1006, reason: '' })
      }
      const metrics = await (await fetch(`${server.internalUrl}/metrics`)).text()
      const refusals = [...metrics.matchAll(/^sallyport_\S+\{[^}]*reason="origin_refused"[^}]*\} (\d+)$/gm)].map(([, count]) => Number(count))
      expect(refusals.length).toBeGreaterThan(0)
      expect(refusals.reduce((sum, count) => sum + count, 0)).toBe(2)
    } finally {
      await context.close()
      foreign.server.close()
    }
  })
})

const listenForeign = (): Promise<{ readonly server: Server; readonly url: string }> =>
  new Promise((resolve, reject) => {
    const server = createServer((_request, response) => {
      response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Elsewhere</title><link rel="icon" href="data:,">')
    })
    server.on('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('No port'))
      else resolve({ server, url: `http://127.0.0.1:${address.port}/` })
    })
  })
