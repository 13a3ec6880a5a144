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
  const { reason = 'unknown' } = event
  if (reason === 'address_banned') return [{ logger: gate, level: 'warn', text: `Blocked WebSocket connection from blacklisted IP: ${event.address ?? 'unknown'}` }]
  if (reason === 'rate_limited' || reason === 'too_many_connections') return [{ logger: gate, level: 'warn', text: `Rate limit exceeded for user: ${user}` }]
  if (reason === 'token_missing') return [debug('No authentication token provided for WebSocket')]
  if (reason === 'token_invalid' || reason === 'token_expired' || reason === 'token_revoked')
    return [debug(`Token validation failed for token: ${event.detail ?? '<not a JWT>'}`)]
  if (reason === 'user_unknown') return [debug(`User ${user} not found in database`)]
  if (reason === 'dependency_unavailable' || reason === 'internal_error')
    return [{ logger: gate, level: 'error', text: `Error authenticating WebSocket token: ${event.detail ?? 'unknown'}` }]
  return [debug(`WebSocket connection refused: ${reason}`)]
}

const place = (endpoint: string): string =>
  endpoint === 'conversations' ? 'conversation list' : endpoint === 'customers' ? 'customer list' : endpoint

/** Says an event in the words of the old service, whose operators search for them; events it did not know are said by name. */
export const classicLines = (event: LogEvent, level: Level): readonly ClassicLine[] => {
  const own = (text: string): readonly ClassicLine[] => [{ logger: 'sallyport', level, text }]
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
    case 'blocking_call':
    case 'dropped':
    case 'failure':
    case 'ladder':
    case 'malformed':
    case 'operation':
    case 'repeated':
    case 'server':
    case 'store':
    case 'warning':
      return own(wordsOf(event))
  }
}

/** An event in one line of words, for people. */
export const wordsOf = (event: object): string =>
  Object.entries(event)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]: [string, unknown]) => (name === 'event' ? nameOf(value) : `${name}=${typeof value === 'number' ? String(Math.round(value * 1000) / 1000) : String(value)}`))
    .join(' ')

/** What stops everybody stands out, and is found by the name the documentation gives it. */
const nameOf = (event: unknown): string => (event === 'blocking_call' ? 'BLOCKING_CALL' : String(event))
