import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'

const run = promisify(execFile)
const node20 = Number.parseInt(process.versions.v8, 10) < 12
const connections = 300

/** Takes connections with a gate at the door. */
const program = `
  import { createServer } from 'node:http'
  import net from 'node:net'
  import { WebSocketServer } from ${JSON.stringify(import.meta.resolve('ws'))}
  import { createGate } from ${JSON.stringify(new URL('create-gate.js', import.meta.url).href)}
  const gate = await createGate({ issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: ${JSON.stringify(randomBytes(64).toString('base64url'))} }], lookupUser: () => Promise.resolve(undefined) })
  const server = createServer()
  server.on('upgrade', gate.upgrade(new WebSocketServer({ noServer: true }), () => {}))
  let taken = 0
  const next = () => {
    taken += 1
    if (taken <= ${String(connections)}) return net.connect(server.address().port, '127.0.0.1').resume().on('close', next).end('GET / HTTP/1.1\\r\\nHost: a.example\\r\\n\\r\\n')
    server.close()
    gate.stop()
  }
  server.listen(0, '127.0.0.1', next)
`

describe('a gate at the door of a server', () => {
  test.runIf(node20)('has all sockets share the hidden classes of their options, and all ticks theirs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-shapes-'))
    try {
      const log = join(folder, 'maps.log')
      await run(process.execPath, ['--log-maps', '--no-logfile-per-isolate', `--logfile=${log}`, '--input-type=module', '--eval', program])
      const classes = (await readFile(log, 'utf8')).split('\n').filter((line) => line.startsWith('map,'))
      expect(classes.filter((line) => line.includes('decodeStrings')).length).toBeLessThan(100)
      // Node makes one of its own; the other is that of the ticks which are made for the purpose.
      expect(classes.filter((line) => line.includes('trigger_async_id_symbol'))).toHaveLength(2)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
