import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

/** Debian's own browser; nothing is downloaded. */
const executablePath = '/usr/bin/chromium'

export const chromiumInstalled = existsSync(executablePath)

/** A browser with a profile of its own that reaches loopback and nothing else. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath,
    timeout: 60_000,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-proxy-server',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
    ],
  })
