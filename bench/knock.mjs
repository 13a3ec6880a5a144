// The load of the benches of handshakes: one connection for each, as many at once as asked, from an address of its own.
//
// It is bench/knock.c, which needs a C compiler (Debian: gcc). Without one Node drives, which comes to its end before a fast server does; `words` says
// which of the two it was. Tools at hand measure something else: wrk connects anew for every answer without a length, and ab speaks HTTP/1.0.
import { execFile, spawn } from 'node:child_process'
import net from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const source = fileURLToPath(new URL('knock.c', import.meta.url))
// A masked close frame with code 1000; its mask is zero.
const closeFrame = Buffer.from('88820000000003e8', 'hex')

/** The status of one handshake, or 0. */
export const knockOnce = (port, localAddress, target) =>
  new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1', localAddress }, () => {
      socket.write(
        `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
      )
    })
    let status = 0
    socket.on('data', (data) => {
      if (status > 0) return
      status = Number(data.toString('latin1', 9, 12))
      if (status === 101) socket.write(closeFrame)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(status))
  })

const knockInNode = async (port, address, seconds, inFlight, targets, again) => {
  const startedAt = performance.now()
  const until = startedAt + seconds * 1000
  // A core that sleeps has to be woken by each answer, which costs the slower server more than the faster one: the load's core stays awake.
  let done = false
  const stayAwake = () => {
    if (!done) setImmediate(stayAwake)
  }
  stayAwake()
  const statuses = {}
  let next = 0
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() < until && (again || next < targets.length)) {
        const status = await knockOnce(port, address, targets[next++ % targets.length])
        statuses[status] = (statuses[status] ?? 0) + 1
      }
    }),
  )
  done = true
  return { statuses, elapsed: (performance.now() - startedAt) / 1000 }
}

const knockInC = async (program, port, address, seconds, inFlight, targets, again) => {
  const child = spawn(program, [String(port), address, String(seconds), String(inFlight), ...(again ? ['round'] : [])], { stdio: ['pipe', 'pipe', 'inherit'] })
  const over = new Promise((resolve) => child.once('close', resolve))
  child.stdin.end(`${targets.join('\n')}\n`)
  const said = await text(child.stdout)
  const code = await over
  if (code !== 0) throw new Error(`the load ended with ${code}`)
  return JSON.parse(said)
}

/**
 * The load, compiled into `folder`. `knock(port, address, seconds, targets, again)` takes the targets one after the other, round and round with
 * `again`, and tells how often it saw each status, the seconds it took and, when it can, the share of them in which it waited for the server.
 */
export const openLoad = async (folder, inFlight) => {
  const program = join(folder, 'knock')
  try {
    await run('cc', ['-O2', '-o', program, source])
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    const words = 'the load is in Node, as there is no C compiler (Debian: gcc): it may be at its end before a server is'
    return { words, knock: (port, address, seconds, targets, again = false) => knockInNode(port, address, seconds, inFlight, targets, again) }
  }
  return { words: 'the load is in C', knock: (port, address, seconds, targets, again = false) => knockInC(program, port, address, seconds, inFlight, targets, again) }
}
