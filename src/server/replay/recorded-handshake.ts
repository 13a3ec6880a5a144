import { forwardings, type Forwarding } from '../../admission/address/proxies.js'
import type { Handshake, Headers } from '../../admission/handshake.js'
import { carriers, type Carrier } from '../../admission/steps/credential.js'
import { deny, type Denial } from '../../protocol/denial.js'
import { bearerPrefix, modern } from '../../protocol/subprotocol.js'
import type { RecordedHops } from '../decision-inputs.js'
import type { DecisionRecord } from './record.js'

/** Stands where the token stood, which nobody wrote down. */
const placeholder = 'recorded'

const bracketed = (hop: string): string => (hop.includes(':') ? `"[${hop}]"` : hop)

const lineOf: Readonly<Record<Forwarding, (hops: readonly (string | null)[]) => string>> = {
  'x-forwarded-for': (hops) => hops.map((hop) => hop ?? 'unknown').join(', '),
  forwarded: (hops) => hops.map((hop) => `for=${hop === null ? 'unknown' : bracketed(hop)}`).join(', '),
  'x-real-ip': (hops) => hops.map((hop) => hop ?? 'unknown').join(', '),
}

const linesOf = (name: Forwarding, hops: RecordedHops): readonly string[] => [hops === 'too long' ? 'unknown' : lineOf[name](hops)]

/** The carriers that the recorded credential used: none, one, or the two that were in conflict. */
const carriersOf = ({ inputs: { credential } }: DecisionRecord): readonly Carrier[] => {
  if (credential === undefined || 'carrier' in credential) return credential === undefined ? [] : [credential.carrier]
  if (credential.detail === twoCookies) return ['cookie', 'cookie']
  return (conflict.exec(credential.detail ?? '') ?? []).slice(1).filter(isCarrier)
}

const isCarrier = (text: string): text is Carrier => carriers.some((carrier) => carrier === text)

const conflict = /^two credentials: ([\w-]+) and ([\w-]+)$/
const twoCookies = 'two cookies of one name'

/** What came in the first frame, or why nothing did; `undefined` when the handshake itself had to bring the credential. */
export const recordedFirstFrame = ({ inputs: { credential } }: DecisionRecord): string | Denial | undefined => {
  if (credential === undefined) return undefined
  if ('carrier' in credential) return credential.carrier === 'first-frame' ? placeholder : undefined
  const { reason, detail } = credential
  if (reason === 'token_missing' || detail === twoCookies || conflict.test(detail ?? '')) return undefined
  return deny(reason, detail === undefined ? {} : { detail })
}

/** What a development server refuses by its mere presence, and of which only the name is recorded. */
const proxyField = /^development mode refuses (x-forwarded-host|x-forwarded-proto)$/

/**
 * Writes the handshake of a recorded decision again, as a well-behaved client would send it, with a placeholder for its token.
 *
 * @param cookieName - Name of the cookie that counts now.
 */
export const recordedHandshake = (record: DecisionRecord, cookieName: string): Handshake => {
  const { inputs, origin, path, receivedAt, steps } = record
  const used = carriersOf(record)
  const has = (carrier: Carrier): boolean => used.includes(carrier)
  const query = used.flatMap((carrier) => (carrier === 'query' ? [`token=${placeholder}`] : carrier === 'ticket' ? [`ticket=${placeholder}`] : []))
  const cookies = used.filter((carrier) => carrier === 'cookie').map(() => `${cookieName}=${placeholder}`)
  const offer = record.dialect === modern || has('subprotocol') ? [has('subprotocol') ? `${modern}, ${bearerPrefix}${placeholder}` : modern] : undefined
  const field = proxyField.exec(steps.at(-1)?.detail ?? '')?.[1]
  const headers: Record<string, readonly string[] | undefined> = {
    host: [inputs.host ?? 'unknown.invalid'],
    connection: ['Upgrade'],
    upgrade: ['websocket'],
    'sec-websocket-version': ['13'],
    'sec-websocket-key': ['AAAAAAAAAAAAAAAAAAAAAA=='],
    'sec-websocket-protocol': offer,
    origin: origin === undefined ? undefined : [origin],
    authorization: has('header') ? [`Bearer ${placeholder}`] : undefined,
    cookie: cookies.length === 0 ? undefined : [cookies.join('; ')],
  }
  for (const name of forwardings) {
    const hops = inputs.forwarded?.[name]
    if (hops !== undefined) headers[name] = linesOf(name, hops)
  }
  if (field !== undefined) headers[field] = ['recorded']
  const sent: Headers = headers
  return { receivedAt, method: 'GET', httpVersion: '1.1', target: query.length === 0 ? path : `${path}?${query.join('&')}`, headers: sent, peerAddress: inputs.peer }
}
