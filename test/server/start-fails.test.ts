import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { loadConfig } from '../../dist/server/config/load-config.js'
import { listen } from '../../dist/server/listen.js'
import type { Log } from '../../dist/server/log/create-log.js'
import { startServer } from '../../dist/server/start-server.js'

test('a start that fails at its second port leaves nothing running: no timer, no database, no open port', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'sallyport-'))
  const taken = createServer()
  const port = await listen(taken, '127.0.0.1', 0, 'none')
  const env = { SALLYPORT_LISTEN_PORT: '0', SALLYPORT_INTERNAL_PORT: String(port), SALLYPORT_DATA_DIR: cwd }
  const { config } = await loadConfig({ mode: 'dev', env, cwd })
  const running = (kind: string): number => process.getActiveResourcesInfo().filter((each) => each === kind).length
  const before = ['TCPServerWrap', 'MessagePort', 'FSEventWrap', 'Timeout'].map((kind) => ({ kind, count: running(kind) }))
  const left = (): readonly string[] => before.flatMap(({ kind, count }) => (running(kind) > count ? [kind] : []))
  const lines: unknown[] = []
  const log: Log = { write: (...line) => lines.push(line), writes: () => true, dropped: 0, close: () => Promise.resolve(true) }

  await expect(startServer({ config, mode: 'dev', log })).rejects.toThrow('SALLYPORT_INTERNAL_PORT')
  const said = lines.length
  // Threads take a moment to end. Nothing is waited for by a timer, as that would be counted.
  for (const until = performance.now() + 60_000; left().length > 0 && performance.now() < until; ) await turn()
  expect(left()).toEqual([])
  expect(lines.slice(said)).toEqual([])

  await new Promise((resolve) => taken.close(resolve))
  await rm(cwd, { recursive: true })
})
