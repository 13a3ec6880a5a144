import { contentVerdict } from '../../conversation/content-marks.js'
import type { Inbound } from '../../conversation/inbound-message.js'
import type { WorkspaceEvent } from '../../conversation/log.js'
import type { MessageRate } from '../../conversation/message-rate.js'
import type { SendEvents } from '../../conversation/sends.js'
import { sourceOf, type ConnectorSource } from '../connectors/source.js'
import { judgeSignature, type SignatureVerdict } from '../connectors/webhook-signature.js'
import { notFound, problemResponse, refusal } from './api-problem.js'
import { inboundBody } from './inbound-body.js'
import { limitBody } from './limit-body.js'
import { parseBody } from './read-request.js'
import type { PublicHono } from './public-hono.js'

export interface InboundOptions {
  readonly sources: readonly ConnectorSource[]
  readonly store: Inbound
  /** Where what was committed is told. */
  readonly publish: (event: WorkspaceEvent) => void
  /** How many messages a source may bring; counted by its name. */
  readonly rate: MessageRate
  /** Milliseconds by which a sender's clock may be off. */
  readonly toleranceMs: number
  readonly events: SendEvents
  /** Told of what was refused, for the log. */
  readonly refused: (source: string, reason: string) => void
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** Largest body. */
const maxBodyBytes = 65_536
/** Signed messages that are stored at once. What a stranger sends takes no place among them. */
const maxInFlight = 256

const titles: Readonly<Record<Exclude<SignatureVerdict, 'good'>, string>> = {
  signature_missing: 'webhook-id, webhook-timestamp and webhook-signature are all needed.',
  signature_malformed: 'webhook-id must be 1 to 128 visible ASCII characters without a dot, and webhook-timestamp whole seconds since 1970.',
  signature_wrong: 'The signature is not that of this body.',
  signature_stale: 'The timestamp is too far from now.',
}

/**
 * `POST /api/v1/inbound/<source>`: signed messages of customers.
 *
 * @param options - Asked at each request; `undefined` while the server starts.
 */
export const addInboundRoutes = (app: PublicHono, options: () => InboundOptions | undefined): void => {
  let inFlight = 0
  app.post('/api/v1/inbound/:source', limitBody(maxBodyBytes), async ({ req }) => {
    const inbound = options()
    if (inbound === undefined) return away()
    const source = inbound.sources.find(({ name }) => name === req.param('source'))
    if (source === undefined) return notFound()
    const refuse = (reason: string, answer: Response): Response => {
      inbound.refused(source.name, reason)
      return answer
    }
    const raw = new Uint8Array(await req.arrayBuffer())
    const at = inbound.now()
    const fields = { id: req.header('webhook-id'), timestamp: req.header('webhook-timestamp'), signature: req.header('webhook-signature') }
    const verdict = judgeSignature(fields, raw, source.secrets, inbound.toleranceMs, at)
    if (verdict !== 'good') return refuse(verdict, problemResponse({ status: 401, code: verdict, title: titles[verdict] }))
    if (inFlight >= maxInFlight) return problemResponse({ status: 503, code: 'overloaded', title: 'Too many messages at once.', retryAfterMs: 1_000 })
    const allowance = inbound.rate.take(source.name, at)
    if (allowance.outcome !== 'granted') {
      const { retryAfterMs } = allowance
      return refuse('rate_limited', problemResponse({ status: 429, code: 'rate_limited', title: 'Too many messages of this source.', retryAfterMs }))
    }
    const { message, customer } = parseBody(textOf(raw), inboundBody)
    inFlight += 1
    try {
      return refusedOr(await receive(inbound, source, message, customer, at), refuse)
    } finally {
      inFlight -= 1
    }
  })
}

/** @throws HTTPException 400 for bytes that are not UTF-8, as JSON is: what they were meant to say would be lost, and told as stored. */
const textOf = (raw: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(raw)
  } catch {
    throw refusal({ status: 400, code: 'bad_body', title: 'The body is not UTF-8.' })
  }
}

type Body = ReturnType<(typeof inboundBody)['parse']>

const receive = async (inbound: InboundOptions, source: ConnectorSource, message: Body['message'], customer: Body['customer'], at: number) => {
  const { id: key, content, contentType, mediaUrl } = message
  const { marks, spamScore } = contentVerdict(content)
  const { id: sourceId, ...profile } = customer
  const result = await inbound.store.receive({
    workspace: source.workspace,
    source: sourceOf(source),
    customer: { sourceId, ...profile },
    key,
    content,
    contentType,
    mediaUrl,
    marks,
    aiAnswers: source.aiAnswers ?? false,
    at,
  })
  if (result.outcome === 'stored') {
    for (const event of result.events) inbound.publish(event)
    if (marks.length > 0) inbound.events.marked?.(`customer ${source.name}:${sourceId}`, result.message, spamScore)
  }
  return result
}

const refusedOr = (result: Awaited<ReturnType<Inbound['receive']>>, refuse: (reason: string, answer: Response) => Response): Response => {
  switch (result.outcome) {
    case 'stored':
    case 'repeated': {
      const { id, conversation, seq } = result.message
      return Response.json({ message: { id, conversation, seq }, repeated: result.outcome === 'repeated' }, { status: result.outcome === 'stored' ? 201 : 200 })
    }
    case 'key_reused':
      return refuse('message_id_reused', problemResponse({ status: 409, code: 'message_id_reused', title: 'Another message of this customer has this id; nothing was stored.' }))
    case 'no_workspace':
      return refuse('no_workspace', problemResponse({ status: 503, code: 'dependency_unavailable', title: 'The workspace of this source does not exist yet.', retryAfterMs: 60_000 }))
  }
}

const away = (): Response => problemResponse({ status: 503, code: 'dependency_unavailable', title: 'The server starts.', retryAfterMs: 1_000 })
