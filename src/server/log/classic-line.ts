import type { Level, LogEvent } from './log-event.js'

/** A line of the old service: the logger it came from, its level, its text. */
export interface ClassicLine {
  readonly logger: string
  readonly level: Level
  readonly text: string
}

const gate = 'message.middleware.websocket_auth'
const consumers = 'message.consumers'

const admission = (event: Extract<LogEvent, { event: 'admission' }>): readonly ClassicLine[] => {
  const user = event.userId ?? '-'
  const debug = (text: string): ClassicLine => ({ logger: gate, level: 'debug', text })
  if (event.outcome === 'admitted') {
    if (!event.development) return [debug(`WebSocket authenticated for user: ${user}`)]
    const missing = event.detail === undefined
    return missing
      ? [debug('No authentication token provided for WebSocket'), debug('Development mode: Allowing connection without token')]
      : [debug(`Token validation failed for token: ${event.detail ?? ''}`), debug('Development mode: Allowing connection with invalid token')]
  }
  switch (event.reason) {
    case 'address_banned':
      return [{ logger: gate, level: 'warn', text: `Blocked WebSocket connection from blacklisted IP: ${event.address ?? 'unknown'}` }]
    case 'rate_limited':
    case 'too_many_connections':
      return [{ logger: gate, level: 'warn', text: `Rate limit exceeded for user: ${user}` }]
    case 'token_missing':
      return [debug('No authentication token provided for WebSocket')]
    case 'token_invalid':
    case 'token_expired':
    case 'token_revoked':
      return [debug(`Token validation failed for token: ${event.detail ?? '<not a JWT>'}`)]
    case 'user_unknown':
      return [debug(`User ${user} not found in database`)]
    case 'dependency_unavailable':
    case 'internal_error':
      return [{ logger: gate, level: 'error', text: `Error authenticating WebSocket token: ${event.detail ?? 'unknown'}` }]
    default:
      return [{ logger: gate, level: 'debug', text: `WebSocket connection refused: ${event.reason ?? 'unknown'}` }]
  }
}

const place = (endpoint: string): string =>
  endpoint === 'conversations' ? 'conversation list' : endpoint === 'customers' ? 'customer list' : endpoint

/** Says an event in the words of the old service, whose operators search for them; events it did not know are said by name. */
export const classicLines = (event: LogEvent, level: Level): readonly ClassicLine[] => {
  switch (event.event) {
    case 'admission':
      return admission(event)
    case 'session_opened':
      return [{ logger: consumers, level: 'debug', text: `User ${event.userId} connected to ${place(event.endpoint)}` }]
    case 'session_closed':
      return [{ logger: consumers, level: 'debug', text: `User ${event.userId} disconnecting from ${place(event.endpoint)}` }]
    case 'ban_added':
      return [{ logger: gate, level: 'info', text: `IP ${event.subject} blacklisted for ${event.hours === undefined ? 'ever' : `${String(event.hours)} hours`}` }]
    case 'ban_lifted':
      return [{ logger: gate, level: 'info', text: `IP ${event.subject} removed from blacklist` }]
    default:
      return [{ logger: 'sallyport', level, text: wordsOf(event) }]
  }
}

/** An event in one line of words, for people. */
export const wordsOf = (event: object): string =>
  Object.entries(event)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]: [string, unknown]) => (name === 'event' ? String(value) : `${name}=${typeof value === 'number' ? String(Math.round(value * 1000) / 1000) : String(value)}`))
    .join(' ')
