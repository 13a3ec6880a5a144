import type { PushMessage } from '../../protocol/push-message.js'
import type { WorkspaceEvent } from '../log.js'
import { conversationItem, feedbackItem, lastMessageItem, messageItem } from './items.js'

/** What an event says, and to whom. */
export interface EventPushes {
  readonly conversation: string
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
        conversation: change.message.conversation,
        toConversation: { type: 'message.created', message: messageItem(change.message), ...place },
        toLists: {
          type: 'conversation.changed',
          conversation: conversationItem(change.conversation),
          lastMessage: messageItem(change.message),
          ...place,
        },
        critical: true,
        onlyTo: undefined,
      }
    case 'message.feedback':
      return {
        conversation: change.conversation,
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
        conversation: conversation.id,
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
      return { conversation: push.conversation.id, toConversation: push, toLists: push, critical: false, onlyTo: undefined }
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
      return { conversation: change.conversation, toConversation: push, toLists: push, critical: false, onlyTo: change.userId }
    }
  }
}
