import { parseNetwork } from '../../admission/address/network.js'
import { chatterLines } from './classic-chatter.js'
import type { ClassicLine } from './classic-line.js'
import { wordsOf } from './words-of.js'
import type { Level, LogEvent } from './log-event.js'

const gate = 'message.middleware.websocket_auth'
const consumers = 'message.consumers'
const security = 'message.security'
const tokens = 'accounts.functions.jwt'
const paging = 'message.websocket_pagination'

const debug = (text: string): ClassicLine => ({ logger: gate, level: 'debug', text })
const warning = (text: string, logger = gate): ClassicLine => ({ logger, level: 'warn', text })

type AdmissionEvent = Extract<LogEvent, { event: 'admission' }>

const admitted = ({ development, detail, endpoint, userId = '-', email }: AdmissionEvent): readonly ClassicLine[] => {
  if (!development) {
    const who = email === undefined ? [] : [debug(`Successfully authenticated user: ${userId} (${email})`)]
    return [...who, debug(`WebSocket authenticated for user: ${userId}`)]
  }
  const list = endpoint === 'conversations' || endpoint === 'customers' ? ` for ${endpoint}` : ''
  const standIn = email === undefined ? [] : [{ ...debug(`Using default user${list}: ${email} (ID: ${userId})`), logger: consumers }]
  return detail === undefined
    ? [debug('No authentication token provided for WebSocket'), debug('Development mode: Allowing connection without token'), ...standIn]
    : [debug(`Token validation failed for token: ${detail}`), debug('Development mode: Allowing connection with invalid token'), ...standIn]
}

const denied = (event: AdmissionEvent): readonly ClassicLine[] => {
  const { reason = 'unknown', step, userId = '-', detail } = event
  switch (reason) {
    case 'address_banned':
      return [warning(`Blocked WebSocket connection from blacklisted IP: ${event.address ?? 'unknown'}`)]
    case 'rate_limited':
    case 'too_many_connections':
      return [warning(`Rate limit exceeded for user: ${userId}`)]
    case 'token_missing':
      return [debug('No authentication token provided for WebSocket'), warning(`${listOf(event.path)}WebSocket connection rejected: Authentication required`, consumers)]
    case 'token_invalid':
    case 'token_expired':
    case 'token_revoked':
      return [
        ...whyOf(reason, detail ?? '<not a JWT>'),
        debug(`Token validation failed for token: ${detail ?? '<not a JWT>'}`),
        debug(`Invalid WebSocket authentication token: ${detail ?? '<not a JWT>'}`),
      ]
    case 'user_unknown':
      return [warning(`User ${userId} does not exist`, tokens), debug(`User ${userId} not found in database`)]
    case 'not_found':
    case 'forbidden':
      return step === 'topic' ? deniedAccess(userId, conversationOf(event.path), reason) : [refused(reason)]
    case 'dependency_unavailable':
    case 'internal_error':
      return [{ logger: gate, level: 'error', text: `${failedAt(step)}: ${detail ?? 'unknown'}` }]
    default:
      return [refused(reason)]
  }
}

/** Why a token is no good, where the old service had words for it. */
const whyOf = (reason: string, preview: string): readonly ClassicLine[] => {
  if (reason === 'token_expired') return [warning('Token has expired', tokens)]
  // At DEBUG, unlike there: a token's first characters belong into no other line.
  return reason === 'token_revoked' ? [{ ...debug(`Token not found in cache: ${preview}`), logger: tokens }] : []
}

const deniedAccess = (userId: string, conversation: string, reason: string): readonly ClassicLine[] => {
  const line = warning(`User ${userId} denied access to conversation ${conversation}`, consumers)
  return reason === 'not_found' ? [{ logger: consumers, level: 'info', text: `Conversation ${conversation} not found for user ${userId}` }, line] : [line]
}

const listOf = (path: string): string => {
  if (path.startsWith('/ws/conversations')) return 'ConversationList '
  return path.startsWith('/ws/customers') ? 'CustomerList ' : ''
}

const refused = (reason: string): ClassicLine => debug(`WebSocket connection refused: ${reason}`)

const failedAt = (step: string | undefined): string => {
  if (step === 'limits') return 'Error checking WebSocket rate limit'
  return step === 'address_ban' ? 'Error checking IP blacklist' : 'Error authenticating WebSocket token'
}

/** The last segment of `/ws/chat/<id>/`. */
const conversationOf = (path: string): string => /([^/]+)\/?$/.exec(path)?.[1] ?? 'unknown'

/** Which request failed, and whether only for want of time; what is no request has no line there. */
const failed = ({ doing, userId, late, detail }: Extract<LogEvent, { event: 'failure' }>): readonly ClassicLine[] | undefined => {
  if (doing === undefined) return undefined
  const whose = userId === undefined ? '' : `${doing.startsWith('sending') ? ' to' : ' for'} user ${userId}`
  return [{ logger: consumers, level: 'error', text: late === true ? `Timeout ${doing}${whose}` : `Error ${doing}${whose}: ${detail}` }]
}

/** The old service said `Telegram send result: …` when it had an answer; here there is one when a message leaves the queue. */
const sendResult = (event: Extract<LogEvent, { event: 'delivery' }>): readonly ClassicLine[] => {
  const { outcome, source, detail, message } = event
  if (outcome === 'postponed') return [warning(wordsOf(event), 'sallyport')]
  const name = `${source.slice(0, 1).toUpperCase()}${source.slice(1)}`
  const result = outcome === 'delivered' ? { success: true, message_id: message } : { success: false, error: detail, message_id: message }
  return [{ logger: consumers, level: 'info', text: `${name} send result: ${JSON.stringify(result)}` }]
}

/** Says an event in the words of the old service, whose operators search for them; events it did not know are said by name. */
export const classicLines = (event: LogEvent, level: Level): readonly ClassicLine[] => {
  const own = (text: string): readonly ClassicLine[] => [{ logger: 'sallyport', level, text }]
  switch (event.event) {
    case 'admission':
      return event.outcome === 'admitted' ? admitted(event) : denied(event)
    case 'session_opened':
    case 'session_closed':
    case 'list_sent':
    case 'options_sent':
    case 'presence':
    case 'told':
      return chatterLines(event)
    case 'failure':
      return failed(event) ?? own(wordsOf(event))
    case 'ban_added':
      // The old service banned addresses for a time; a ban of a user or without end has no line there.
      return event.hours === undefined || parseNetwork(event.subject) === undefined
        ? own(wordsOf(event))
        : [{ logger: gate, level: 'info', text: `IP ${event.subject} blacklisted for ${String(event.hours)} hours` }]
    case 'ban_lifted':
      return parseNetwork(event.subject) === undefined
        ? own(wordsOf(event))
        : [{ logger: gate, level: 'info', text: `IP ${event.subject} removed from blacklist` }]
    case 'message_limited':
      return [warning(`Message rate limit exceeded for user ${event.userId}`, security)]
    case 'message_marked':
      // The old service had a line for spam and none for length.
      return event.spamScore < 2 ? own(wordsOf(event)) : [warning(`Potential spam detected from user ${event.writer}: score=${String(event.spamScore)}`, security)]
    case 'filters_merged':
      return [{ ...debug(`Merged filters: query_params=${event.url}, filters=${event.filters}, result=${event.result}`), logger: consumers }]
    case 'paged':
      // That there was such a line is known, but not its words.
      return [{ ...debug(`Pagination calculated: page_size=${String(event.pageSize)}, page=${String(event.page)}, offset=${String(event.offset)}`), logger: paging }]
    case 'bad_paging':
      return [warning(`Invalid ${event.name} value: ${event.value}`, paging)]
    case 'bad_parameter':
      return [warning(`Invalid query parameter ${event.name}=${event.value}`, consumers)]
    case 'delivery':
      return sendResult(event)
    case 'api_refused':
    case 'blocking_call':
    case 'connection_dropped':
    case 'dropped':
    case 'keys':
    case 'ladder':
    case 'inbound_refused':
    case 'login':
    case 'malformed':
    case 'operation':
    case 'page_refused':
    case 'repeated':
    case 'server':
    case 'store':
    case 'ticket':
    case 'warning':
      return own(wordsOf(event))
  }
}
