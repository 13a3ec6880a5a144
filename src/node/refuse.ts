import type { Duplex } from 'node:stream'
import { STATUS_CODES } from 'node:http'
import type { Denial } from '../protocol/denial.js'
import { problemOf } from '../protocol/problem.js'

/** Milliseconds a refused peer gets to take its answer before the connection is dropped. */
const lingerMs = 2_000

/**
 * Answers a handshake with an HTTP refusal and destroys the connection: nothing that was pipelined behind it is read.
 *
 * @param bare - Whether to answer as the old service did: 403 with an empty body.
 */
export const refuse = (socket: Duplex, denial: Denial, decisionId: string, bare = false): void => {
  if (socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const problem = bare ? { status: 403, headers: { 'Cache-Control': 'no-store' }, body: '' } : problemOf(denial, decisionId)
  const lines = [`HTTP/1.1 ${String(problem.status)} ${STATUS_CODES[problem.status] ?? 'Refused'}`, 'Connection: close']
  for (const [name, value] of Object.entries(problem.headers)) lines.push(`${name}: ${value}`)
  lines.push(`Content-Length: ${String(Buffer.byteLength(problem.body))}`, '', problem.body)

  // What the peer still sends is taken and thrown away: unread bytes would turn our answer into a reset.
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), lingerMs).unref()
  socket.once('close', () => {
    clearTimeout(timer)
  })
  socket.once('finish', () => socket.destroy())
  socket.end(lines.join('\r\n'))
}
