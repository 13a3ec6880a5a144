import type { FeedbackValue } from '../conversation/records.js'
import { storableText } from '../conversation/storable-text.js'
import { maxContentCharacters } from '../protocol/parse-command.js'
import { isFalsy } from './filter-value.js'
import { own, type ClassicFrame } from './parse-frame.js'

interface Fault {
  /** Text of the error frame; clients compare some of them. */
  readonly fault: string
}

/** Reads `chat_message`. Everything but `customer` is written as support, as it always was. */
export const chatMessage = (body: ClassicFrame['body']): { readonly content: string; readonly type: 'customer' | 'support' } | Fault => {
  const given = own(body, 'content') ?? ''
  if (typeof given !== 'string') return { fault: 'Message content must be text' }
  const content = storableText(given.trim())
  if (content === '') return { fault: 'Message content cannot be empty' }
  if (content.length > maxContentCharacters) return { fault: 'Message content is too long' }
  return { content, type: own(body, 'message_type') === 'customer' ? 'customer' : 'support' }
}

const maxCommentCharacters = 500

/** Reads `submit_feedback`. */
export const feedback = (
  body: ClassicFrame['body'],
): { readonly message: string; readonly value: FeedbackValue; readonly comment: string } | Fault => {
  const message = own(body, 'message_id')
  if (isFalsy(message)) return { fault: 'message_id is required' }
  const value = valueOf(own(body, 'feedback'))
  if (value === undefined) return { fault: 'Invalid feedback type. Must be "positive", "negative", or "none"' }
  const comment = own(body, 'comment') ?? ''
  if (typeof comment !== 'string') return { fault: 'Field "comment" must be text' }
  // Ids are word characters: anything else is simply not there.
  const id = typeof message === 'string' && /^\w{1,64}$/u.test(message) ? message : '-'
  return { message: id, value, comment: storableText(firstCharacters(comment.trim(), maxCommentCharacters)) }
}

/** Characters as Python counts them: an emoji is one. */
const firstCharacters = (text: string, count: number): string => (text.length <= count ? text : Array.from(text).slice(0, count).join(''))

const valueOf = (value: unknown): FeedbackValue | undefined => {
  const word = typeof value === 'string' ? value.toLowerCase() : undefined
  return word === 'positive' || word === 'negative' || word === 'none' ? word : undefined
}
