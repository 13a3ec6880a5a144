import type { SendEvents } from '../conversation/sends.js'
import type { Log } from './log/create-log.js'

/** Says what the message rules noticed, in the log. */
export const sendEvents = (log: Log, failed: (error: unknown) => void): Required<SendEvents> => ({
  limited(userId) {
    log.write('warn', { event: 'message_limited', userId })
  },
  marked(writer, { id, conversation, marks = [] }, spamScore) {
    log.write('warn', { event: 'message_marked', writer, conversation, message: id, marks: marks.join(' '), spamScore })
  },
  failed,
})
