import type { SendEvents } from '../conversation/sends.js'
import type { Log } from './log/create-log.js'
import type { Metrics } from './metrics/create-metrics.js'

/** Says what the message rules noticed, in the log and the metrics. */
export const sendEvents = (log: Log, metrics: Pick<Metrics, 'limited'>, failed: (error: unknown) => void): Required<Omit<SendEvents, 'queued'>> => ({
  limited(userId, outcome) {
    metrics.limited('messages', outcome)
    log.write('warn', { event: 'message_limited', userId })
  },
  marked(writer, { id, conversation, marks = [] }, spamScore) {
    log.write('warn', { event: 'message_marked', writer, conversation, message: id, marks: marks.join(' '), spamScore })
  },
  failed,
})
