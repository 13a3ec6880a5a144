import type { PushMessage } from '../../protocol/push-message.js'
import type { WorkspaceEvent } from '../log.js'
import { conversationItem, customerItem, feedbackItem, lastMessageItem, messageItem } from './items.js'

/** What an event says, and to whom. */
export interface EventPushes {
  /** The conversations whose readers are told; pushes of one kind about the same ones replace one another. */
  readonly conversations: readonly string[]
  /** What `state` pushes replace one another by, when it is not the conversation. */
  readonly subject?: string
  /** To those who have the conversation open. */
  readonly toConversation: PushMessage | undefined
  /** To those who look at a list. */
  readonly toLists: PushMessage | undefined
  /** Whether it must not be dropped for a slow reader; anything else is replaced by the next value. */
  readonly critical: boolean
  /** User id, when it is nobody else's business. */
  readonly onlyTo: string | undefined
}

export const pushesOf = ({ offset, at, change }: WorkspaceEvent): EventPushes => {
  const place = { offset, at }
  switch (change.type) {
    case 'message.created':
      return {
        conversations: [change.message.conversation],
        toConversation: { type: 'message.created', message: messageItem(change.message), queued: change.queued ?? false, ...place },
        toLists: {
          type: 'conversation.changed',
          conversation: conversationItem(change.conversation),
          lastMessage: messageItem(change.message),
          ...place,
        },
        critical: true,
        onlyTo: undefined,
      }
    case 'message.delivery': {
      const { conversation, message, failure } = change
      return {
        conversations: [conversation],
        toConversation: { type: 'message.delivery', conversation, message, failure, ...place },
        toLists: undefined,
        critical: true,
        onlyTo: undefined,
      }
    }
    case 'message.feedback':
      return {
        conversations: [change.conversation],
        toConversation: {
          type: 'message.feedback',
          conversation: change.conversation,
          message: change.message,
          feedback: feedbackItem(change.feedback),
          ...place,
        },
        toLists: undefined,
        critical: true,
        onlyTo: undefined,
      }
    case 'conversation.answered': {
      const conversation = conversationItem(change.conversation)
      return {
        conversations: [conversation.id],
        toConversation: { type: 'conversation.answered', conversation, upTo: change.upTo, by: change.by, ...place },
        toLists: { type: 'conversation.changed', conversation, lastMessage: lastMessageItem(change.lastMessage), ...place },
        critical: true,
        onlyTo: undefined,
      }
    }
    case 'conversation.changed': {
      const push: PushMessage = {
        type: 'conversation.changed',
        conversation: conversationItem(change.conversation),
        lastMessage: lastMessageItem(change.lastMessage),
        ...place,
      }
      return { conversations: [push.conversation.id], toConversation: push, toLists: push, critical: false, onlyTo: undefined }
    }
    case 'conversation.read': {
      const push: PushMessage = {
        type: 'conversation.read',
        conversation: change.conversation,
        user: change.userId,
        upTo: change.upTo,
        readCount: change.readCount,
        ...place,
      }
      return { conversations: [change.conversation], toConversation: push, toLists: push, critical: false, onlyTo: change.userId }
    }
    case 'conversation.deleted': {
      const push: PushMessage = { type: 'conversation.deleted', conversation: change.conversation, by: change.by, ...place }
      return { conversations: [change.conversation], toConversation: push, toLists: push, critical: true, onlyTo: undefined }
    }
    case 'customer.changed': {
      const customer = customerItem(change.customer)
      const push: PushMessage = { type: 'customer.changed', customer, ...place }
      return { conversations: [], subject: String(customer.id), toConversation: undefined, toLists: push, critical: false, onlyTo: undefined }
    }
    case 'member.removed':
      return { conversations: [], toConversation: undefined, toLists: undefined, critical: false, onlyTo: undefined }
    case 'customer.deleted': {
      const { customer, conversations, by } = change
      const push: PushMessage = { type: 'customer.deleted', customer, conversations, by, ...place }
      return { conversations, subject: String(customer), toConversation: push, toLists: push, critical: true, onlyTo: undefined }
    }
  }
}
