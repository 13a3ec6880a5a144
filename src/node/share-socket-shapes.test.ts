import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'

const run = promisify(execFile)
const connections = 300

/** Takes connections one after the other, and shares the shapes behind the first of them. */
const program = (shares: boolean): string => `
  import net from 'node:net'
  import { shareSocketShapes } from ${JSON.stringify(new URL('share-socket-shapes.js', import.meta.url).href)}
  let taken = 0
  const server = net.createServer((socket) => socket.end())
  const next = () => {
    taken += 1
    if (${String(shares)} && taken === 20) shareSocketShapes()
    if (taken > ${String(connections)}) server.close()
    else net.connect(server.address().port, '127.0.0.1').resume().on('close', next)
  }
  server.listen(0, '127.0.0.1', next)
`

/** Hidden classes that V8 made for options of a socket. */
const classesMade = async (shares: boolean): Promise<number> => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-shapes-'))
  try {
    const log = join(folder, 'maps.log')
    await run(process.execPath, ['--log-maps', '--no-logfile-per-isolate', `--logfile=${log}`, '--input-type=module', '--eval', program(shares)])
    return (await readFile(log, 'utf8')).split('\n').filter((line) => line.startsWith('map,') && line.includes('decodeStrings')).length
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe('the options of all sockets', () => {
  test('share their hidden classes, also when connections came before', async () => {
    expect(await classesMade(true)).toBeLessThan(100)
  })

  test.runIf(Number.parseInt(process.versions.v8, 10) < 12)('would not by themselves in Node 20: each connection brings a new one', async () => {
    expect(await classesMade(false)).toBeGreaterThan(connections)
  })
})
