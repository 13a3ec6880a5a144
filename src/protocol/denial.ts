/**
 * Why the gate said no, and what each client is told about it. The only place that knows.
 *
 * Server, client, documents and metrics read this table; nothing else spells a status or a close code for a refusal.
 */

/** When the same client may usefully come back. */
export type Retry =
  /** Never with the same request. */
  | 'never'
  /** Not with this credential; after a new login. */
  | 'after-login'
  /** At once, with a new token. */
  | 'with-new-token'
  /** Later, after an own back-off with jitter. */
  | 'later'
  /** Not before the `retryAfterMs` that came with the refusal. */
  | 'after-delay'
  /** Now, once the delay told in `session.closing` is over. */
  | 'now'
  /** At once, resuming by offset. */
  | 'resume'

/** The one frame a classic client gets before the close. `none` closes without a word. */
export type ClassicFrame = 'authentication_error' | 'access_denied' | 'error' | 'none'

/** What a client of the old service is told. */
export interface ClassicClose {
  /** The frame before the close. */
  readonly frame: ClassicFrame
  /** Text of the frame, as the old service wrote it where it had one. */
  readonly message: string
  /** Close code for clients of the second generation (they wait for `connection_established`). */
  readonly v2: number
  /** Close code for clients of the first generation (`?v=1`). */
  readonly v1: number
}

/** What is known of one reason. */
export interface DenialRow {
  /** Code a stranger is told; differs from the reason only where the difference would help an attacker. */
  readonly told: string
  /** Status of an HTTP refusal; `undefined` when the reason arises only on a live socket. */
  readonly http: number | undefined
  /** Close code of RFC 6455 section 7.4.2 for `sallyport.v1` and for sockets of an embedder. */
  readonly close: number
  /** When the same client may usefully come back. */
  readonly retry: Retry
  /** The same for clients of the old service. */
  readonly classic: ClassicClose
  /** One sentence for a person. */
  readonly sentence: string
}

const authentication = (message: string): ClassicClose => ({ frame: 'authentication_error', message, v2: 4001, v1: 1008 })
const denied = (message: string): ClassicClose => ({ frame: 'access_denied', message, v2: 1008, v1: 1008 })
const error = (message: string, code: number): ClassicClose => ({ frame: 'error', message, v2: code, v1: code })
const silent = (code: number): ClassicClose => ({ frame: 'none', message: '', v2: code, v1: code })

const invalidToken = authentication('Invalid or expired authentication token')
const noConversation = denied('You do not have access to this conversation')

/** The table: every reason with its HTTP status, its close code and when to come back. */
export const denials = {
  bad_request: {
    told: 'bad_request', http: 400, close: 4400, retry: 'never', classic: error('Bad request', 4400),
    sentence: 'The request is not a well-formed WebSocket handshake.',
  },
  bad_forwarding: {
    told: 'bad_forwarding', http: 400, close: 4400, retry: 'never', classic: error('Bad request', 4400),
    sentence: 'A trusted proxy sent no usable forwarding header.',
  },
  token_missing: {
    told: 'token_missing', http: 401, close: 4401, retry: 'after-login', classic: authentication('No authentication token provided'),
    sentence: 'No credential was found in any enabled carrier.',
  },
  token_invalid: {
    told: 'token_invalid', http: 401, close: 4401, retry: 'after-login', classic: invalidToken,
    sentence: 'The token was not accepted.',
  },
  token_revoked: {
    told: 'token_revoked', http: 401, close: 4401, retry: 'after-login', classic: invalidToken,
    sentence: 'The token was revoked before its end.',
  },
  user_unknown: {
    told: 'token_invalid', http: 401, close: 4401, retry: 'after-login', classic: invalidToken,
    sentence: 'The token is good but its user does not exist.',
  },
  user_disabled: {
    told: 'token_invalid', http: 401, close: 4401, retry: 'after-login', classic: invalidToken,
    sentence: 'The token is good but its user is disabled.',
  },
  session_ended: {
    told: 'session_ended', http: undefined, close: 4401, retry: 'after-login', classic: authentication('Session ended'),
    sentence: 'An operator ended the session.',
  },
  token_expired: {
    told: 'token_expired', http: 401, close: 4401, retry: 'with-new-token', classic: invalidToken,
    sentence: 'The token has expired.',
  },
  auth_timeout: {
    told: 'auth_timeout', http: 401, close: 4401, retry: 'with-new-token', classic: authentication('Authentication error'),
    sentence: 'No credential arrived in time.',
  },
  address_banned: {
    told: 'address_banned', http: 403, close: 4403, retry: 'never', classic: denied('Access denied'),
    sentence: 'The client address is banned.',
  },
  user_banned: {
    told: 'user_banned', http: 403, close: 4403, retry: 'never', classic: denied('Access denied'),
    sentence: 'The user is banned.',
  },
  origin_refused: {
    told: 'origin_refused', http: 403, close: 4403, retry: 'never', classic: denied('Access denied'),
    sentence: 'Pages of this Origin may not connect.',
  },
  forbidden: {
    told: 'forbidden', http: 403, close: 4403, retry: 'never', classic: denied('Access denied'),
    sentence: 'The user is known but may not use this endpoint.',
  },
  not_found: {
    told: 'not_found', http: 404, close: 4404, retry: 'never', classic: noConversation,
    sentence: 'There is no such endpoint or conversation for this user.',
  },
  idle_timeout: {
    told: 'idle_timeout', http: undefined, close: 4408, retry: 'later', classic: silent(4408),
    sentence: 'The peer did not answer the heartbeat.',
  },
  rate_limited: {
    told: 'rate_limited', http: 429, close: 4429, retry: 'after-delay', classic: error('Rate limit exceeded', 4429),
    sentence: 'Too many connects in the window.',
  },
  too_many_connections: {
    told: 'too_many_connections', http: 429, close: 4429, retry: 'after-delay', classic: error('Too many connections', 4429),
    sentence: 'Too many sockets are open at once.',
  },
  too_many_messages: {
    told: 'too_many_messages', http: 429, close: 4429, retry: 'after-delay', classic: error('Message rate limit exceeded', 4429),
    sentence: 'Too many messages in the window.',
  },
  internal_error: {
    told: 'internal_error', http: 500, close: 4500, retry: 'later', classic: error('Internal error', 4500),
    sentence: 'The gate failed; the fault is ours.',
  },
  dependency_unavailable: {
    told: 'dependency_unavailable', http: 503, close: 4503, retry: 'later', classic: error('Service unavailable - please retry', 4503),
    sentence: 'A store or service that the answer depends on did not answer.',
  },
  overloaded: {
    told: 'overloaded', http: 503, close: 4503, retry: 'later', classic: error('Service unavailable - please retry', 4503),
    sentence: 'The server is at its capacity.',
  },
  draining: {
    told: 'draining', http: 503, close: 1012, retry: 'now', classic: silent(1012),
    sentence: 'The server is going away; another one will answer.',
  },
  slow_consumer: {
    told: 'slow_consumer', http: undefined, close: 4420, retry: 'resume', classic: silent(4420),
    sentence: 'The peer read too slowly for what it must not miss.',
  },
  frame_protocol: {
    told: 'frame_protocol', http: undefined, close: 1002, retry: 'never', classic: silent(1002),
    sentence: 'A frame broke RFC 6455.',
  },
  frame_wrong_type: {
    told: 'frame_wrong_type', http: undefined, close: 1003, retry: 'never', classic: silent(1003),
    sentence: 'Binary frames are not spoken here.',
  },
  frame_not_utf8: {
    told: 'frame_not_utf8', http: undefined, close: 1007, retry: 'never', classic: silent(1007),
    sentence: 'A text frame was not UTF-8.',
  },
  frame_too_big: {
    told: 'frame_too_big', http: undefined, close: 1009, retry: 'never', classic: silent(1009),
    sentence: 'A message was larger than the limit.',
  },
} as const satisfies Record<string, DenialRow>

/** Every reason the gate can give, as it is logged, counted and explained. */
export type Reason = keyof typeof denials

/** Statuses that `bad_request` may carry instead of 400, each for its own fault of the request. */
export type BadRequestStatus = 405 | 408 | 414 | 421 | 426 | 431

/** A refusal before it has an id: what a step hands back. */
export interface Denial {
  /** Row of the table. */
  readonly reason: Reason
  /** For `bad_request` only: the status that fits the fault better than 400. */
  readonly status?: BadRequestStatus
  /** Milliseconds until the same attempt would succeed, for reasons that pass with time. */
  readonly retryAfterMs?: number
  /** For operators only: what exactly was wrong. Never token text, never sent to the client. */
  readonly detail?: string
}

/**
 * Makes a denial. Costs one object.
 *
 * @param rest - What there is to say beside the reason: `status`, `retryAfterMs`, `detail`.
 * @example
 * gate.sessions.forUser('1').close(deny('session_ended'))
 */
export const deny = (reason: Reason, rest: Omit<Denial, 'reason'> = {}): Denial => ({ reason, ...rest })

/**
 * The HTTP status of a refusal; reasons that only live sockets meet never get here and answer 500.
 *
 * @example
 * console.log(statusOf(deny('not_found')))
 */
export const statusOf = (denial: Denial): number => denial.status ?? denials[denial.reason].http ?? 500

/**
 * Whether a text, such as one from a log, names a row of the table.
 *
 * @example
 * const word = 'token_expired'
 * if (isReason(word)) console.log(denials[word].sentence)
 */
export const isReason = (text: string): text is Reason => Object.hasOwn(denials, text)
