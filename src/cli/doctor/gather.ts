import { networkInterfaces } from 'node:os'
import { decision } from '../answers.js'
import { demand } from '../cli.js'
import type { OperatorClient } from '../operator-client.js'
import { condition, forgedAddress, probeOpened, probeReport, type Answer, type Clock, type Evidence, type Probe } from './evidence.js'
import { holdOpen } from './hold-open.js'
import { handshakeHeaders, knock } from './knock.js'
import { plainAddress } from './way.js'

export interface GatherOptions {
  /** Address of a WebSocket path, by http or https; default made from `publicUrl`. */
  readonly url: URL
  /** Lets the socket be opened that is held. */
  readonly token: string | undefined
  /** How long it is held; default until our ping is due, and 5 s more. */
  readonly waitMs: number | undefined
  readonly now: () => number
  readonly say: (text: string) => void
}

/**
 * Makes the handshakes and asks the server what came of them.
 *
 * Five requests at most, and one socket when there is a token; each has its deadline.
 *
 * @throws as the operator client does.
 */
export const gather = async (client: OperatorClient, { url, token, waitMs, now, say }: GatherOptions): Promise<Evidence> => {
  const askedAt = now()
  const told = demand(await client.ask(condition, 'GET', '/api/v1/condition'))
  const server = clockFrom('server', told.now, askedAt, now())

  const open = async (): Promise<string> => demand(await client.ask(probeOpened, 'POST', '/api/v1/probes', {})).id
  const look = async (id: string): Promise<Pick<Probe, 'arrival' | 'decision' | 'client'>> => {
    const report = demand(await client.ask(probeReport, 'GET', `/api/v1/probes/${id}`))
    const made = report.decisionId === undefined ? undefined : await client.ask(decision, 'GET', `/api/v1/decisions/${report.decisionId}`)
    return { arrival: report.arrival, decision: made, client: report.client }
  }
  const probe = async (more: Readonly<Record<string, string>> = {}, localAddress?: string): Promise<Probe> => {
    const id = await open()
    const { 'Sallyport-Probe': mark = '', ...sent } = { ...handshakeHeaders(url.host, id), ...more }
    const answer = await knock(url, { ...sent, 'Sallyport-Probe': mark }, localAddress)
    return { path: url.pathname, sent, answer, ...(await look(id)) }
  }

  const first = await probe()
  // A proxy on this machine is trusted by its loopback address, and we would be taken for it: all of 127.0.0.0/8 is this machine.
  const aside = first.answer.answered && first.answer.localAddress === '127.0.0.1' ? await probe({}, '127.0.0.2') : undefined
  const plain = aside?.answer.answered === true ? aside : first
  const from = plain === aside ? '127.0.0.2' : undefined
  const arrived = plain.answer.answered && plain.arrival !== undefined
  const forged = arrived ? await probe({ 'X-Forwarded-For': forgedAddress, Forwarded: `for=${forgedAddress}`, 'X-Real-IP': forgedAddress }, from) : undefined
  const other = arrived ? otherAddress(plain.answer) : undefined
  const second = other === undefined ? undefined : await probe({}, other)
  const neighbour = second?.answer.answered === true ? second : undefined

  let withToken: Evidence['withToken']
  if (token !== undefined && arrived) {
    const id = await open()
    const longMs = waitMs ?? told.heartbeatMs + 5_000
    if (longMs > 0) say(`Holding a silent socket open, for ${String(Math.ceil(longMs / 1_000))} s at most …`)
    const held = await holdOpen(url, { token, headers: { 'Sallyport-Probe': id }, pongWithinMs: 1_000, waitMs: longMs })
    withToken = { arrival: (await look(id).catch(() => undefined))?.arrival, held, waitMs: longMs }
  }
  const front = plain.answer.answered ? await frontClock(url, now) : undefined
  return { url, condition: told, plain, forged, neighbour, withToken, clocks: front === undefined ? [server] : [front, server] }
}

/** Half the time the answer took is how wrong it may be. */
const clockFrom = (of: Clock['of'], told: number, askedAt: number, answeredAt: number): Clock => ({
  of,
  aheadMs: told - (askedAt + answeredAt) / 2,
  uncertainMs: (answeredAt - askedAt) / 2,
})

/** The Date (RFC 9110 section 6.6.1) of whoever answers plain requests at the address. */
const frontClock = async (url: URL, now: () => number): Promise<Clock | undefined> => {
  const askedAt = now()
  const answer = await knock(new URL('/livez', url), { Host: url.host, Connection: 'close', 'User-Agent': 'sallyport-doctor' })
  const told = Date.parse((answer.answered ? answer.headers['date'] : undefined) ?? '')
  // A Date has whole seconds, cut off: on the average it is half a second behind.
  return Number.isNaN(told) ? undefined : clockFrom('public address', told + 500, askedAt, now())
}

/** Another address of this machine of the same family, in another /64 when it is IPv6. */
const otherAddress = (answer: Answer): string | undefined => {
  if (!answer.answered) return undefined
  const own = plainAddress(answer.localAddress)
  if (own.startsWith('127.')) return '127.0.0.3'
  const isIPv6 = own.includes(':')
  const network = (address: string): string => (isIPv6 ? address.split(':').slice(0, 4).join(':') : address)
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return all.find(({ address, family, internal, scopeid }) => !internal && (family === 'IPv6') === isIPv6 && !scopeid && network(address) !== network(own))?.address
}
