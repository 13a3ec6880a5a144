import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
  const running = (kinds: readonly string[]) => process.getActiveResourcesInfo().filter((kind) => kinds.includes(kind)).length
  const opened = ['TCPServerWrap', 'MessagePort', 'FSEventWrap']
  const before = running(opened)
  const lines: unknown[] = []
  const log: Log = { write: (...line) => lines.push(line), writes: () => true, dropped: 0, close: () => Promise.resolve(true) }

  await expect(startServer({ config, mode: 'dev', log })).rejects.toThrow('SALLYPORT_INTERNAL_PORT')
  const said = lines.length
  await new Promise((resolve) => setTimeout(resolve, 1500))
  expect(running(opened)).toBe(before)
  expect(running(['Timeout'])).toBe(0)
  expect(lines.slice(said)).toEqual([])

  await new Promise((resolve) => taken.close(resolve))
  await rm(cwd, { recursive: true })
})
