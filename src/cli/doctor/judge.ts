import { isLoopback } from '../../server/config/is-loopback.js'
import type { Evidence } from './evidence.js'
import { finding, type Finding } from './findings.js'
import { judgeAddress } from './judge-address.js'
import { wayOf } from './way.js'

/** What is wrong, by what was seen; the worst hindrance first. Asks nobody and waits for nothing. */
export const judge = (evidence: Evidence): readonly Finding[] => [...judgeWay(evidence), ...judgeSocket(evidence), ...judgeSurroundings(evidence)]

const judgeWay = (evidence: Evidence): readonly Finding[] => {
  const { url, plain } = evidence
  const { answer, arrival, decision } = plain
  if (!answer.answered) return [answer.tls ? finding('tls_failed', `${url.origin} is not trusted: ${answer.error}.`) : finding('unreachable', `${url.origin} does not answer: ${answer.error}.`)]
  if (arrival === undefined) {
    const aside = answer.headers['location'] === undefined ? '' : ` and sends to ${answer.headers['location']}`
    return [finding('not_this_server', `${url.href} answers HTTP ${String(answer.status)}${aside}, but the handshake did not come to this server.`)]
  }
  if (isDevelopment(evidence)) return [finding('development_reachable', `${url.origin} leads to a server in development mode.`)]
  const { removed } = wayOf(plain, arrival)
  if (removed.includes('upgrade') || arrival.httpVersion !== '1.1')
    return [finding('upgrade_stripped', `The handshake came as a plain request of HTTP/${arrival.httpVersion}${removed.includes('upgrade') ? ', without Upgrade' : ''}.`)]
  const said = decision?.steps.at(-1)?.detail ?? 'no decision was made'
  if (decision?.status === 421) return [finding('host_refused', `The Host that came is not served: ${said}.`)]
  if (decision === undefined || decision.reason === 'bad_request') return [finding('handshake_changed', `The handshake that came is not the one that was sent: ${said}.`)]
  return [
    ...judgeAddress(evidence, arrival, decision),
    ...(decision.reason === 'not_found' ? [finding('path_not_served', `Sent to ${plain.path}, came as ${arrival.path}: there is no such path.`)] : []),
    ...(removed.includes('sec-websocket-protocol') ? [finding('subprotocol_stripped', 'Sec-WebSocket-Protocol was taken out on the way.')] : []),
  ]
}

/** Whether somebody who is not on this machine could get there. */
const isDevelopment = ({ url, condition, plain }: Evidence): boolean => {
  if (condition.mode !== 'development') return false
  return !isLoopback(url.hostname) || (plain.arrival !== undefined && wayOf(plain, plain.arrival).hop)
}

const judgeSocket = ({ withToken, condition }: Evidence): readonly Finding[] => {
  if (withToken === undefined) return []
  const { arrival, held } = withToken
  const findings: Finding[] = []
  if (arrival !== undefined && !arrival.headers.some(([name]) => name.toLowerCase() === 'authorization')) findings.push(finding('authorization_stripped', 'Authorization was taken out on the way.'))
  if (held.failure !== undefined) return findings
  if (held.extensions !== '') findings.push(finding('compression_on', `A socket was opened with ${held.extensions}, which this server never agrees to.`))
  if (held.pongMs === undefined) findings.push(finding('frames_delayed', 'A ping on an open socket was not answered within a second.'))
  else if (held.end === 'cut')
    findings.push(finding('idle_timeout_short', `A silent socket was cut after ${seconds(held.afterMs)}; our ping comes after ${seconds(condition.heartbeatMs)} of silence.`))
  return findings
}

const judgeSurroundings = ({ url, condition, clocks }: Evidence): readonly Finding[] => {
  const findings: Finding[] = []
  for (const { of, aheadMs, uncertainMs } of clocks) {
    if (Math.abs(aheadMs) > toleratedSkewMs + uncertainMs)
      findings.push(finding('clock_skew', `The clock of the ${of} is ${seconds(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} that of this machine.`))
  }
  const { openFiles, nodeSockets, shortSecrets, publicUrl, trustedProxies } = condition
  if (openFiles !== undefined && openFiles < nodeSockets + spareFiles)
    findings.push(finding('open_files_low', `The server may have ${String(openFiles)} files open, too few for ${String(nodeSockets)} sockets (limits.nodeSockets) and ${String(spareFiles)} of its own.`))
  for (const issuer of shortSecrets) findings.push(finding('weak_secret', `The secret of ${issuer} is shorter than its algorithm asks for.`))
  const wide = trustedProxies.filter(isTooWide)
  if (wide.length > 0) findings.push(finding('trust_too_wide', `${wide.join(', ')} in "trustedProxies" lets strangers name their own address.`))
  const open = [url, ...(publicUrl === undefined ? [] : [new URL(publicUrl)])].find(({ protocol, hostname }) => protocol === 'http:' && !isLoopback(hostname))
  if (open !== undefined) findings.push(finding('not_https', `${open.origin} is not encrypted.`))
  return findings
}

/** Less than a second is lost in a Date header, and `exp` has no tolerance. */
const toleratedSkewMs = 2_000

/** Descriptors for databases, logs, operators and connections that are being refused. */
const spareFiles = 200

/** Wider than a private network of anybody's. */
const isTooWide = (network: string): boolean => {
  const [address = '', bits] = network.split('/')
  return bits !== undefined && Number(bits) < (address.includes(':') ? 7 : 8)
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`

/** What could not be looked at, and why. */
export const unchecked = ({ condition, plain, neighbour, withToken, clocks }: Evidence): readonly { readonly check: string; readonly why: string }[] => {
  const gaps: { readonly check: string; readonly why: string }[] = []
  const note = (missing: boolean, check: string, why: string): void => {
    if (missing) gaps.push({ check, why })
  }
  const { answer, arrival } = plain
  if (!answer.answered || arrival === undefined) return [{ check: 'everything behind the address', why: 'the handshake did not arrive' }]
  note(plain.client?.forwarded === true && plain.client.key === undefined, 'whether clients can forge an address', 'this machine is itself a trusted proxy')
  note(neighbour === undefined, 'whether two clients share a bucket', 'this machine has no second address that reaches there')
  note(withToken === undefined, 'an open socket: compression, delay, idle timeout', 'it needs a token: --token')
  note(withToken?.held.failure !== undefined, 'an open socket: compression, delay, idle timeout', withToken?.held.failure ?? '')
  note(withToken?.held.failure === undefined && withToken?.held.end === 'waited', 'the idle timeout', `no ping came in ${seconds(withToken?.waitMs ?? 0)}; it comes after ${seconds(condition.heartbeatMs)}`)
  note(condition.openFiles === undefined, 'the limit of open files', 'the system of the server does not say')
  note(!clocks.some(({ of }) => of === 'public address'), 'the clock of the public address', 'its answers have no Date')
  return gaps
}
