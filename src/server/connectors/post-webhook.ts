import { unreached } from '../../admission/unreached.js'
import { version } from '../version.js'
import { signWebhook } from './webhook-signature.js'

/** Where signed messages are posted. */
export interface WebhookTarget {
  readonly url: string
  /** The body is signed with each of them, so that a secret is changed without a gap. */
  readonly secrets: readonly string[]
}

export interface Webhook {
  /** The same at every try, so that the receiver knows a message that comes again. */
  readonly id: string
  readonly body: string
}

/** What a receiver said to one post; `detail` is for the log and quotes nothing of the answer. */
export type Posted =
  | { readonly outcome: 'accepted'; readonly detail: string }
  /** It will never take this message. */
  | { readonly outcome: 'refused'; readonly detail: string }
  | { readonly outcome: 'failed'; readonly detail: string; /** As the receiver asked. */ readonly retryAfterMs: number | undefined }

/** Statuses that are about the message and not about the moment. */
const finalStatuses: ReadonlySet<number> = new Set([400, 410, 413, 422])

/** Bytes of an answer that are read, so that its connection can be used again; more than that is cut off. */
const maxReadBytes = 16_384

/** Only delay-seconds: a date would be read by a clock that may be off. */
const retryAfterOf = (response: Response): number | undefined => {
  const text = response.headers.get('retry-after') ?? ''
  return /^\d{1,6}$/.test(text) ? Number(text) * 1_000 : undefined
}

const dismiss = async ({ headers, body }: Response): Promise<void> => {
  const length = headers.get('content-length')
  const isSmall = length !== null && Number(length) <= maxReadBytes && !headers.has('content-encoding')
  try {
    if (isSmall) for await (const chunk of body ?? []) void chunk
    else await body?.cancel()
  } catch {
    // The status has been told; what follows it does not matter.
  }
}

const judge = (response: Response): Posted => {
  const { status, ok } = response
  const detail = `answered ${String(status)}`
  if (ok) return { outcome: 'accepted', detail }
  if (finalStatuses.has(status)) return { outcome: 'refused', detail }
  if (status >= 300 && status < 400) return { outcome: 'failed', detail: `${detail}, and redirects are not followed`, retryAfterMs: undefined }
  return { outcome: 'failed', detail, retryAfterMs: retryAfterOf(response) }
}

/**
 * Posts one webhook, signed as https://www.standardwebhooks.com says. Never rejects.
 *
 * Redirects are not followed: the address was configured, and no server may name another. Of an answer only its status and `Retry-After` are looked at.
 *
 * @param timeoutMs - Covers connect and answer.
 * @param at - Epoch milliseconds, for the signature.
 * @param stop - Breaks the post off.
 */
export const postWebhook = async ({ url, secrets }: WebhookTarget, { id, body }: Webhook, timeoutMs: number, at: number, stop: AbortSignal): Promise<Posted> => {
  const late = AbortSignal.timeout(timeoutMs)
  const raw = Buffer.from(body)
  const timestamp = String(Math.floor(at / 1_000))
  const headers = {
    'content-type': 'application/json',
    'user-agent': `sallyport/${version}`,
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => signWebhook(secret, id, timestamp, raw)).join(' '),
  }
  try {
    const response = await fetch(url, { method: 'POST', redirect: 'manual', headers, body: raw, signal: AbortSignal.any([late, stop]) })
    const posted = judge(response)
    await dismiss(response)
    return posted
  } catch (error) {
    return { outcome: 'failed', detail: late.aborted ? `did not answer within ${String(timeoutMs)} ms` : stop.aborted ? 'was broken off' : unreached(error), retryAfterMs: undefined }
  }
}
