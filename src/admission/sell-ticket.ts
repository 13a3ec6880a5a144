import { deny, type Denial } from '../protocol/denial.js'
import { createBudgets, type Budgets } from './budgets.js'
import { resolveClient } from './address/resolve-client.js'
import { chargeBadToken } from './steps/address-costs.js'
import { decisionId } from './decision-id.js'
import type { Handshake } from './handshake.js'
import { identify } from './identify.js'
import { mayUse } from './may-use.js'
import type { Rules } from './rules.js'
import { findCredential } from './steps/credential.js'
import { checkForwarded } from './steps/forwarded.js'
import { checkOrigin } from './steps/origin.js'
import type { Tickets } from './tickets.js'

/** One ask for a ticket: an HTTP request with `Authorization: Bearer`, and the path that the socket will have. */
export interface TicketRequest extends Pick<Handshake, 'headers' | 'peerAddress'> {
  /** Path of the socket, without its query; at most 200 characters. */
  readonly path: string
}

/** The answer to one, with an id of its own for the log. */
export type TicketAnswer = {
  /** UUID v7, for the log and the problem body. */
  readonly id: string
  /** Client address, once it is known. */
  readonly address: string | undefined
} & (
  | {
      /** Tells the two apart. */
      readonly outcome: 'issued'
      /** Whose ticket it is. */
      readonly userId: string
      /** What goes into `?ticket=`; a secret until it is used. */
      readonly ticket: string
      /** Milliseconds for which it is good. */
      readonly expiresInMs: number
    }
  | {
      /** Tells the two apart. */
      readonly outcome: 'denied'
      /** Who asked, once that is proved. */
      readonly userId: string | undefined
      /** Why not, as a handshake would be told. */
      readonly denial: Denial
    }
)

/** What is behind the counter: the tickets, and what each address and each user may ask for. */
export interface TicketDesk {
  readonly tickets: Tickets
  readonly addressBudget: Budgets
  readonly userBudget: Budgets
}

/** A whole office reconnects at once; one user has a few tabs. A user never holds more than the second capacity and 30 s of its refill. */
export const createTicketDesk = (tickets: Tickets): TicketDesk => ({
  tickets,
  addressBudget: createBudgets({ capacity: 600, refillPerSecond: 20 }),
  userBudget: createBudgets({ capacity: 60, refillPerSecond: 1 }),
})

const onlyHeader = new Set(['header'] as const)
const noOffer = { modern: false, bearer: undefined }
const noQuery = { tokens: [], tickets: [], firstGeneration: false }

/** Of two values of one field, two readers would believe different ones. */
const checkFields = ({ host, origin, authorization }: TicketRequest['headers'], hosts: ReadonlySet<string> | undefined): Denial | undefined => {
  if ([host, origin, authorization].some((lines) => lines !== undefined && lines.length > 1)) return deny('bad_request', { detail: 'doubled Host, Origin or Authorization' })
  return hosts === undefined || hosts.has(host?.[0]?.toLowerCase() ?? '') ? undefined : deny('bad_request', { status: 421, detail: 'this Host is not served' })
}

/** A path as it stands in the request line of a handshake. */
const pathForm = /^\/[!-"$->@-~]{0,199}$/

/**
 * Sells a ticket to whoever could connect with the token in `Authorization: Bearer`: every rule about address, Origin, token, user and conversation is
 * asked, and limits of sockets are left to the handshake.
 *
 * At most one look-up of the user and one question to the memberships.
 *
 * @returns Never rejects.
 */
export const sellTicket = async (rules: Rules, desk: TicketDesk, request: TicketRequest, at: number): Promise<TicketAnswer> => {
  const { headers, path } = request
  const id = decisionId()
  const client = checkFields(headers, rules.hosts) ?? checkForwarded(headers, rules.refuseForwarded) ?? resolveClient(request, rules.proxies)
  if ('reason' in client) return { id, outcome: 'denied', address: undefined, userId: undefined, denial: client }
  const { address, key } = client
  const refuse = (denial: Denial, userId?: string): TicketAnswer => ({ id, outcome: 'denied', address, userId, denial })

  const ban = key === undefined ? undefined : rules.bans.findAddress(address, at)
  if (ban && !rules.dryRun.has('address_ban')) return refuse(deny('address_banned', { detail: `ban ${ban.id}` }))
  const budget = key === undefined ? undefined : desk.addressBudget.reserve(key, at)
  if (budget?.granted === false) return refuse(deny('rate_limited', { retryAfterMs: budget.retryAfterMs, detail: 'ticket budget of the address is dry' }))
  const full = rules.capacity.check()
  if (full) return refuse(full)
  // A ticket is bound to the Origin, so that no trial of the rule may pass one over.
  const foreign = checkOrigin(headers, rules.origins)
  if (foreign) return refuse(foreign)
  const credential = findCredential(headers, noOffer, noQuery, onlyHeader)
  if ('reason' in credential) return refuse(credential)
  if (!pathForm.test(path)) return refuse(deny('bad_request', { detail: 'path is none, has a query, or has more than 200 characters' }))
  const endpoint = rules.endpoints.match(path)
  if (endpoint === undefined) return refuse(deny('not_found'))

  rules.capacity.enter()
  try {
    const identity = await identify(rules, credential.token, at)
    if ('reason' in identity) {
      chargeBadToken(desk.addressBudget, key, identity, at)
      return refuse(identity)
    }
    const userId = identity.user.id
    const own = desk.userBudget.reserve(userId, at)
    if (!own.granted) return refuse(deny('rate_limited', { retryAfterMs: own.retryAfterMs, detail: 'ticket budget of the user is dry' }), userId)
    const barred = await mayUse(rules, identity, endpoint, at)
    if (barred) return refuse(barred, userId)
    const ticket = desk.tickets.issue(identity.claims, { target: path, origin: headers['origin']?.[0] }, at)
    if (ticket === undefined) return refuse(deny('overloaded', { retryAfterMs: 1_000, detail: 'too many unused tickets' }), userId)
    return { id, outcome: 'issued', address, userId, ticket, expiresInMs: desk.tickets.lifeMs }
  } finally {
    rules.capacity.leave()
  }
}
