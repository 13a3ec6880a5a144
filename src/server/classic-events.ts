import { StoreUnavailable } from '../admission/store-unavailable.js'
import type { ClassicEvents } from '../classic/classic-options.js'
import type { FeedListener } from '../conversation/feed.js'
import type { PeopleNotice } from '../conversation/people.js'
import type { Log } from './log/create-log.js'
import { failureText } from './log/log-failure.js'
import type { Metrics } from './metrics/create-metrics.js'

const isPlain = (text: string): boolean => /^[\w:.+-]{0,24}$/.test(text)

/** Filters as far as they are words of the protocol: what an agent looks for may be about a person, and what a client sends by mistake a token. */
const shownFilters = (filters: object): string =>
  JSON.stringify(Object.fromEntries((Object.entries(filters) as readonly (readonly [string, unknown])[])
    .filter(([name]) => isPlain(name))
    .map(([name, value]) => [name, isShown(name, value) ? value : '…'])))

const isShown = (name: string, value: unknown): boolean =>
  typeof value === 'number' || typeof value === 'boolean' || value === null || (name !== 'search' && typeof value === 'string' && isPlain(value))

/** A value a client sent, as far as it is a plain word: what it sends by mistake may be a token. */
export const shownValue = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return isPlain(text) ? text : '…'
}

/** Lines that only the classic format has, whose operators know them. */
const classicOnly = (log: Log): Pick<ClassicEvents, 'merged' | 'paged'> => ({
  merged({ url, filters, result }) {
    if (log.writes('debug')) log.write('debug', { event: 'filters_merged', url: shownFilters(url), filters: shownFilters(filters), result: shownFilters(result) })
  },
  paged(paging, bad) {
    for (const { name, value } of bad) log.write('warn', { event: 'bad_paging', name, value: shownValue(value) })
    if (log.writes('debug')) log.write('debug', { event: 'paged', ...paging })
  },
})

/**
 * Says in the log what classic sockets are sent, and what failed.
 *
 * @param classic - Whether lines are in the classic words.
 */
export const classicEvents = (log: Log, metrics: Metrics, classic: boolean): Pick<ClassicEvents, 'failed' | 'sent' | 'optionsSent' | 'merged' | 'paged'> => ({
  ...(classic ? classicOnly(log) : {}),
  failed(endpoint, error, doing, userId) {
    const task = `classic ${endpoint}`
    metrics.failed(task)
    const detail = failureText(error)
    log.write('error', { event: 'failure', task, detail, doing, userId, late: error instanceof StoreUnavailable })
  },
  sent({ filters, ...sent }) {
    if (log.writes('debug')) log.write('debug', { event: 'list_sent', ...sent, filters: filters && shownFilters(filters) })
  },
  optionsSent(endpoint, userId) {
    log.write('debug', { event: 'options_sent', endpoint, userId })
  },
})

/** Says in the log who comes and goes in conversations. */
export const logPeople = (log: Log) => (notice: PeopleNotice): void => {
  if (notice.type !== 'presence') return
  const { userId, conversation } = notice.visitor
  log.write('debug', { event: 'presence', userId, conversation, online: notice.online })
}

/** Says in the log what the sockets of conversations are told, as far as the old service said it. */
export const logTold = (log: Log): FeedListener => ({
  event({ change }) {
    if (change.type === 'message.feedback') log.write('debug', { event: 'told', change: 'feedback', subject: change.message })
    else if (change.type === 'conversation.deleted') log.write('debug', { event: 'told', change: 'conversation_deleted', subject: change.conversation })
    else if (change.type === 'message.created' && change.message.type === 'AI') log.write('debug', { event: 'told', change: 'ai_message', subject: change.message.conversation })
  },
  lost() {},
})
