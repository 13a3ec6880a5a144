import { StoreUnavailable } from '../admission/store-unavailable.js'
import type { User } from '../admission/user.js'
import { deny } from '../protocol/denial.js'
import { createPush } from '../session/push.js'
import type { Session } from '../session/session.js'
import { feedbackFrame, readFrame } from './chat-frames.js'
import { chatMessage, feedback } from './chat-requests.js'
import type { ChatSocket } from './chat-socket.js'
import type { ClassicOptions, ClassicTask } from './classic-options.js'
import { isBad } from './filter-value.js'
import { rawFilters } from './filters.js'
import { errorPush, listPush } from './frames.js'
import { badPaging, pagingOf, type Paging } from './pagination.js'
import type { ClassicFrame } from './parse-frame.js'
import { messageItem } from './shapes.js'

/** What a socket of one conversation is answered. */
export interface ChatAnswers<U extends User> {
  complain(session: Session<U>, text: string): void
  failed(session: Session<U>, error: unknown, text: string, task: ClassicTask): void
  /** The newest messages; rejects when they can't be had. */
  showNewest(socket: ChatSocket<U>): Promise<void>
  showPage(socket: ChatSocket<U>, filters: unknown): Promise<void>
  send(socket: ChatSocket<U>, body: ClassicFrame['body']): Promise<void>
  markRead(socket: ChatSocket<U>, noted: number | undefined): Promise<void>
  submitFeedback(socket: ChatSocket<U>, body: ClassicFrame['body']): Promise<void>
}

/** Messages of the first push, and of a request whose filters are `null`. */
const firstPageSize = 50
/** Messages of a request that doesn't say. */
const pageSize = 10

export const noConversation = 'Conversation not found'

/** @param tellAll - Tells every socket that has the same conversation open, this one among them. */
export const createChatAnswers = <U extends User>(options: ClassicOptions<U>, tellAll: (socket: ChatSocket<U>, frame: object) => void): ChatAnswers<U> => {
  const { conversations, sessions, feed, sends, clock, events } = options

  const complain = (session: Session<U>, text: string, rest?: object): void => {
    sessions.send(session, errorPush(text, clock.wall(), rest))
  }

  const failed = (session: Session<U>, error: unknown, text: string, task: ClassicTask): void => {
    events?.failed?.(session.endpoint.name, error, task, session.user.id)
    complain(session, text)
  }

  const show = async (socket: ChatSocket<U>, paging: Paging): Promise<void> => {
    const { scope, conversation } = socket
    const page = await conversations.messages({ workspace: scope.workspace.id, conversation, offset: paging.offset, limit: paging.pageSize })
    socket.customer = page.customer
    socket.seen = Math.max(socket.seen, page.rows.at(-1)?.seq ?? 0)
    const items = page.rows.map((message) => messageItem(message, page.customer))
    const list = { type: 'recent_messages', name: 'messages', items, count: page.total, paging, filters: undefined, at: clock.wall() } as const
    const push = listPush(list, true)
    sessions.send(socket.session, push)
    events?.sent?.({ userId: socket.session.user.id, list: 'messages', rows: push.rows, total: page.total, page: paging.page, filters: undefined })
  }

  const showPage = async (socket: ChatSocket<U>, filters: unknown): Promise<void> => {
    const raw = rawFilters(filters)
    if (isBad(raw)) {
      complain(socket.session, raw.bad)
      return
    }
    const paging = filters === null ? pagingOf({}, firstPageSize) : pagingOf(raw, pageSize)
    events?.paged?.(paging, badPaging(raw))
    try {
      await show(socket, paging)
    } catch (error) {
      failed(socket.session, error, 'Failed to load recent messages', 'getting messages')
    }
  }

  const send = async (socket: ChatSocket<U>, body: ClassicFrame['body']): Promise<void> => {
    const { session, scope, conversation } = socket
    const asked = chatMessage(body)
    if ('fault' in asked) {
      complain(session, asked.fault)
      return
    }
    try {
      const sent = await sends.send({
        userId: session.user.id, scope: () => scope, conversation, ...asked, key: undefined, after: undefined, at: clock.wall(),
      })
      switch (sent.outcome) {
        case 'stored':
          // The echo to all sockets of the conversation, this one among them, is the acknowledgement; the row is on the disk by now.
          socket.sent = sent.message.seq
          feed.publish(sent.event)
          return
        case 'flood':
          sessions.close(session, deny('too_many_messages', { retryAfterMs: sent.retryAfterMs }))
          return
        case 'limited':
          complain(session, 'Message rate limit exceeded', { retry_after_ms: sent.retryAfterMs })
          return
        case 'not_found':
          complain(session, noConversation)
          return
        case 'key_reused':
        case 'not_stored':
        case 'repeated':
        case 'stale':
          complain(session, 'Failed to save message')
      }
    } catch (error) {
      failed(session, error, 'Failed to save message', 'saving message')
    }
  }

  const markRead = async (socket: ChatSocket<U>, noted: number | undefined): Promise<void> => {
    const { session, scope, conversation, seen, sent } = socket
    // What was committed after the request arrived was not on the agent's screen.
    const ask = { workspace: scope.workspace.id, conversation, userId: session.user.id, upTo: Math.max(noted ?? seen, sent), at: clock.wall() }
    try {
      const marked = await conversations.markAnswered(ask)
      if (marked.outcome === 'changed') feed.publish(marked.event)
      else if (marked.outcome === 'not_found') complain(session, noConversation)
      else tellAll(socket, readFrame(session.user.id))
    } catch (error) {
      failed(session, error, 'Failed to mark messages as read', 'marking messages as read')
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
          sessions.send(session, createPush('critical', { type: 'feedback_submitted', success: true, data: feedbackFrame(given.message.id, given.message.feedback) }))
          feed.publish(given.event)
          return
      }
    } catch (error) {
      failed(session, error, error instanceof StoreUnavailable ? 'Failed to update feedback: please try again' : 'Failed to update feedback', 'updating feedback')
    }
  }

  return {
    complain,
    failed,
    showNewest: (socket) => show(socket, pagingOf({}, firstPageSize)),
    showPage,
    send,
    markRead,
    submitFeedback,
  }
}
