import type { WorkspaceEvent } from '../conversation/log.js'
import type { PeopleNotice } from '../conversation/people.js'
import type { Customer, Feedback } from '../conversation/records.js'
import { stamp } from './frames.js'
import { idOf, messageItem } from './shapes.js'

/** What a change of a workspace says to the sockets of one conversation. */
export interface ChatEvent {
  readonly conversation: string
  frame(customer: Customer | undefined): object
}

export const chatEvent = ({ change, at }: WorkspaceEvent): ChatEvent | undefined => {
  switch (change.type) {
    case 'message.created':
      return { conversation: change.message.conversation, frame: (customer) => createdFrame(change, customer) }
    case 'message.delivery':
      // The old service had no word for a delivery that came about.
      return change.failure === null ? undefined : { conversation: change.conversation, frame: () => undeliveredFrame(change.message, at) }
    case 'message.feedback':
      return {
        conversation: change.conversation,
        frame: () => ({ type: 'feedback_updated', ...feedbackFrame(change.message, change.feedback) }),
      }
    case 'conversation.answered':
      return { conversation: change.conversation.id, frame: () => readFrame(change.by) }
    case 'conversation.changed':
    case 'conversation.deleted':
    case 'conversation.read':
    case 'customer.changed':
    case 'customer.deleted':
    case 'member.removed':
      return undefined
  }
}

type Created = Extract<WorkspaceEvent['change'], { type: 'message.created' }>

const createdFrame = (created: Created, customer: Customer | undefined): object => {
  const { message } = created
  return message.type === 'AI'
    ? { type: 'ai_message', message: messageItem(message, customer), conversation_id: message.conversation, is_ai_response: true }
    : { type: 'chat_message', message: messageItem(message, customer), external_send_result: externalSendResult(created) }
}

/** Delivery to the customer is queued, never waited for; what came from him, or was written in his name, goes nowhere. */
const externalSendResult = ({ message: { type, author }, conversation: { source }, queued = false }: Created): object | null => {
  if (type === 'customer') return author === undefined ? {} : null
  return source === 'unknown' && !queued ? { success: true } : { success: true, queued }
}

const undeliveredText = 'Message could not be delivered to the customer'

/** The late other half of an `external_send_result` that said `queued`. */
const undeliveredFrame = (message: string, at: number): object => ({
  type: 'error', error: undeliveredText, message: undeliveredText, message_id: message, timestamp: stamp(at),
})

/** What colleagues are told about an agent in the same conversation. */
export const peopleFrame = (notice: PeopleNotice, at: number): object => {
  const { userId, name, conversation } = notice.visitor
  const who = { user_id: idOf(userId), username: name }
  return notice.type === 'presence'
    ? { type: 'user_presence', ...who, is_online: notice.online, timestamp: stamp(at) }
    : { type: 'typing_indicator', ...who, is_typing: notice.active, conversation_id: conversation, timestamp: stamp(at) }
}

export const deletedFrame = (conversation: string, at: number): object => ({
  type: 'conversation_deleted', conversation_id: conversation, timestamp: stamp(at), message: 'This conversation has been deleted',
})

export const readFrame = (userId: string): object => ({ type: 'messages_read', user_id: idOf(userId) })

export const feedbackFrame = (message: string, { value, comment, at }: Feedback): object => ({
  message_id: message,
  feedback: value,
  comment,
  feedback_at: at === undefined ? null : stamp(at),
})
