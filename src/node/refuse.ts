import type { Duplex } from 'node:stream'
import { STATUS_CODES } from 'node:http'
import { dropWritten } from './drop-written.js'
import { statusOf, type Denial } from '../protocol/denial.js'
import { problemOf, type Problem } from '../protocol/problem.js'

/** Milliseconds a refused peer gets to take its answer before the connection is dropped. */
const lingerMs = 2_000

/** How a refusal is told. */
export interface RefusalForm {
  /** As the old service did: 403 with an empty body. */
  readonly bare?: boolean
  /** The peer sent nothing behind what is refused: the connection is dropped as soon as the operating system has the answer. */
  readonly nothingMore?: boolean
}

/** Answers a handshake with an HTTP refusal and destroys the connection: nothing that was pipelined behind it is read. */
export const refuse = (socket: Duplex, denial: Denial, decisionId: string, { bare = false, nothingMore = false }: RefusalForm = {}): void => {
  if (socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const answer = bare ? bareAnswer : answerTo(denial, decisionId)
  socket.write(answer)
  if (nothingMore && socket.readableLength === 0 && dropWritten(socket)) return

  // What the peer still sends is taken and thrown away: unread bytes would turn our answer into a reset.
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), lingerMs).unref()
  socket.once('close', () => {
    clearTimeout(timer)
  })
  socket.once('finish', () => socket.destroy())
  socket.end()
}

const responseOf = ({ status, headers, body }: Problem): string => {
  const lines = [`HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? 'Refused'}`, 'Connection: close']
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  lines.push(`Content-Length: ${String(Buffer.byteLength(body))}`, '', body)
  return lines.join('\r\n')
}

const bareAnswer = responseOf({ status: 403, headers: { 'Cache-Control': 'no-store' }, body: '' })

/** Answers that differ in their decision id alone are written once, with a gap; there are as many as rows of the denial table, and a few. */
const gapped = new Map<string, readonly [before: string, after: string]>()

const answerTo = (denial: Denial, decisionId: string): string => {
  if (denial.retryAfterMs !== undefined) return responseOf(problemOf(denial, decisionId))
  const kind = `${denial.reason} ${statusOf(denial)} ${decisionId.length}`
  const known = gapped.get(kind)
  if (known !== undefined) return known[0] + decisionId + known[1]
  const answer = responseOf(problemOf(denial, decisionId))
  const gap = answer.indexOf(decisionId)
  gapped.set(kind, [answer.slice(0, gap), answer.slice(gap + decisionId.length)])
  return answer
}
