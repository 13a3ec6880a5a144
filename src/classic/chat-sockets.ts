import { StoreUnavailable } from '../admission/store-unavailable.js'
import type { User } from '../admission/user.js'
import { conversationScope, type Scope } from '../conversation/access.js'
import type { Following } from '../conversation/feed.js'
import type { WorkspaceEvent } from '../conversation/log.js'
import type { Customer } from '../conversation/records.js'
import { deny } from '../protocol/denial.js'
import { createPush } from '../session/push.js'
import type { Session } from '../session/session.js'
import { chatEvent, readFrame, feedbackFrame } from './chat-frames.js'
import type { ClassicOptions } from './classic-options.js'
import { isBad } from './filter-value.js'
import { rawFilters } from './filters.js'
import { errorPush, listPush } from './frames.js'
import { pagingOf, type Paging } from './pagination.js'
import { own, type ClassicFrame } from './parse-frame.js'
import { chatMessage, feedback } from './chat-requests.js'
import { messageItem } from './shapes.js'

interface ChatSocket<U extends User> {
  readonly session: Session<U>
  readonly scope: Scope
  readonly conversation: string
  readonly following: Following
  /** As the last page showed him; frames about single messages carry him too. */
  customer: Customer | undefined
}

/** The sockets of `/ws/chat/<id>/`. */
export interface ChatSockets<U extends User> {
  opened(session: Session<U>): Promise<void>
  received(session: Session<U>, frame: ClassicFrame): Promise<void>
  closed(session: Session<U>): void
  /** Tells everybody in the conversation. */
  told(event: WorkspaceEvent): void
  /** Events were missed: everybody gets the newest messages anew. */
  lost(workspace: string): void
}

/** Messages of the first push, and of a request whose filters are `null`. */
const firstPageSize = 50
/** Messages of a request that doesn't say. */
const pageSize = 10

export const createChatSockets = <U extends User>(options: ClassicOptions<U>): ChatSockets<U> => {
  const { conversations, sessions, feed, rate, clock, events } = options
  const byConversation = new Map<string, Map<string, ChatSocket<U>>>()
  const sockets = new Map<string, ChatSocket<U>>()

  const say = (session: Session<U>, frame: object): void => {
    sessions.send(session, createPush('critical', frame))
  }

  const complain = (session: Session<U>, text: string, rest?: object): void => {
    sessions.send(session, errorPush(text, clock.wall(), rest))
  }

  const failed = (session: Session<U>, error: unknown, text: string): void => {
    events?.failed?.(session.endpoint.name, error)
    complain(session, text)
  }

  const show = async (socket: ChatSocket<U>, paging: Paging): Promise<void> => {
    const { scope, conversation } = socket
    const page = await conversations.messages({ workspace: scope.workspace.id, conversation, offset: paging.offset, limit: paging.pageSize })
    socket.customer = page.customer
    const items = page.rows.map((message) => messageItem(message, page.customer))
    const list = { type: 'recent_messages', name: 'messages', items, count: page.total, paging, filters: undefined, at: clock.wall() } as const
    sessions.send(socket.session, listPush(list, true))
  }

  const showPage = async (socket: ChatSocket<U>, filters: unknown): Promise<void> => {
    const raw = rawFilters(filters)
    if (isBad(raw)) {
      complain(socket.session, raw.bad)
      return
    }
    try {
      await show(socket, filters === null ? pagingOf({}, firstPageSize) : pagingOf(raw, pageSize))
    } catch (error) {
      failed(socket.session, error, 'Failed to load recent messages')
    }
  }

  const send = async ({ session, scope, conversation }: ChatSocket<U>, body: ClassicFrame['body']): Promise<void> => {
    const asked = chatMessage(body)
    if ('fault' in asked) {
      complain(session, asked.fault)
      return
    }
    const at = clock.wall()
    const allowance = rate.take(session.user.id, at)
    if (allowance.outcome === 'flood') {
      sessions.close(session, deny('too_many_messages', { retryAfterMs: allowance.retryAfterMs }))
      return
    }
    if (allowance.outcome === 'limited') {
      complain(session, 'Message rate limit exceeded', { retry_after_ms: allowance.retryAfterMs })
      return
    }
    try {
      const sent = await conversations.send({
        workspace: scope.workspace.id, conversation, ...asked, author: session.user.id, key: undefined, after: undefined, at,
      })
      // The echo to all sockets of the conversation, this one among them, is the acknowledgement; the row is on the disk by now.
      if (sent.outcome === 'stored') feed.publish(sent.event)
      else complain(session, 'Failed to save message')
    } catch (error) {
      failed(session, error, 'Failed to save message')
    }
  }

  const markRead = async ({ session, scope, conversation }: ChatSocket<U>): Promise<void> => {
    const ask = { workspace: scope.workspace.id, conversation, userId: session.user.id, upTo: Number.MAX_SAFE_INTEGER, at: clock.wall() }
    try {
      const marked = await conversations.markAnswered(ask)
      if (marked.outcome === 'changed') feed.publish(marked.event)
      else say(session, readFrame(session.user.id))
    } catch (error) {
      failed(session, error, 'Failed to mark messages as read')
    }
  }

  const submitFeedback = async ({ session, scope, conversation }: ChatSocket<U>, body: ClassicFrame['body']): Promise<void> => {
    const asked = feedback(body)
    if ('fault' in asked) {
      complain(session, asked.fault)
      return
    }
    try {
      const given = await conversations.giveFeedback({
        workspace: scope.workspace.id, conversation, userId: session.user.id, ...asked, at: clock.wall(),
      })
      switch (given.outcome) {
        case 'not_found':
          complain(session, 'Message not found or you do not have permission to access it')
          return
        case 'not_ai':
          complain(session, 'Feedback can only be submitted for AI responses')
          return
        case 'stored':
          say(session, { type: 'feedback_submitted', success: true, data: feedbackFrame(given.message.id, given.message.feedback) })
          feed.publish(given.event)
          return
      }
    } catch (error) {
      failed(session, error, error instanceof StoreUnavailable ? 'Failed to update feedback: please try again' : 'Failed to update feedback')
    }
  }

  const enter = async (session: Session<U>, conversation: string): Promise<void> => {
    try {
      const scope = await conversationScope(conversations, session.user.id, conversation)
      if (session.state.name !== 'open') return
      if (scope === undefined) {
        sessions.close(session, deny('not_found'))
        return
      }
      const socket: ChatSocket<U> = { session, scope, conversation, following: feed.follow(scope.workspace.id), customer: undefined }
      sockets.set(session.id, socket)
      const room = byConversation.get(conversation)
      if (room === undefined) byConversation.set(conversation, new Map([[session.id, socket]]))
      else room.set(session.id, socket)
      await socket.following.position
      await show(socket, pagingOf({}, firstPageSize))
    } catch (error) {
      failed(session, error, 'Connection timeout - please refresh')
    }
  }

  const opened = async (session: Session<U>): Promise<void> => {
    const { conversation } = session.endpoint
    if (conversation === undefined) sessions.close(session, deny('not_found'))
    else await enter(session, conversation)
  }

  return {
    opened,
    async received(session, { type, body }) {
      const socket = sockets.get(session.id)
      if (socket === undefined) {
        await opened(session)
        return
      }
      switch (type ?? 'chat_message') {
        case 'chat_message':
          await send(socket, body)
          return
        case 'mark_read':
          await markRead(socket)
          return
        case 'get_messages':
        case 'load_more_messages':
          await showPage(socket, own(body, 'filters'))
          return
        case 'submit_feedback':
          await submitFeedback(socket, body)
          return
        // Old clients still send it; nobody ever heard of it.
        case 'typing':
          return
        default:
          events?.ignored?.(session.endpoint.name)
      }
    },
    closed(session) {
      const socket = sockets.get(session.id)
      if (socket === undefined) return
      sockets.delete(session.id)
      const room = byConversation.get(socket.conversation)
      room?.delete(session.id)
      if (room?.size === 0) byConversation.delete(socket.conversation)
      socket.following.letGo()
    },
    told(event) {
      const about = chatEvent(event.change)
      const room = about === undefined ? undefined : byConversation.get(about.conversation)
      if (about === undefined || room === undefined) return
      const [first] = room.values()
      // One encoding for all: everybody in the room sees the same customer.
      const push = createPush('critical', about.frame(first?.customer))
      for (const { session, scope } of room.values()) if (scope.workspace.id === event.workspace) sessions.send(session, push)
    },
    lost(workspace) {
      for (const socket of sockets.values()) if (socket.scope.workspace.id === workspace) void showPage(socket, null)
    },
  }
}
