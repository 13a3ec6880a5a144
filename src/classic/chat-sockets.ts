import { StoreUnavailable } from '../admission/store-unavailable.js'
import type { User } from '../admission/user.js'
import { conversationScope, type Scope } from '../conversation/access.js'
import type { Following } from '../conversation/feed.js'
import { deletedBy, type WorkspaceEvent } from '../conversation/log.js'
import { personName, type PeopleNotice, type Stay } from '../conversation/people.js'
import type { Customer } from '../conversation/records.js'
import { deny } from '../protocol/denial.js'
import { createPush } from '../session/push.js'
import type { Session } from '../session/session.js'
import { chatEvent, deletedFrame, feedbackFrame, peopleFrame, readFrame } from './chat-frames.js'
import type { ClassicOptions, ClassicTask } from './classic-options.js'
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
  readonly stay: Stay
  /** As the last page showed him; frames about single messages carry him too. */
  customer: Customer | undefined
  /** `seq` of the newest message it was shown or told. */
  seen: number
  /** `seq` of the newest message it has sent itself. */
  sent: number
}

/** The sockets of `/ws/chat/<id>/`. */
export interface ChatSockets<U extends User> {
  opened(session: Session<U>): Promise<void>
  /** The newest `seq` a socket has been told of; what comes after it is not read by a `mark_read` that arrives now. */
  arrived(session: Session<U>): number | undefined
  received(session: Session<U>, frame: ClassicFrame, noted: number | undefined): Promise<void>
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

const noConversation = 'Conversation not found'

const knownTypes: ReadonlySet<string> = new Set(['chat_message', 'mark_read', 'get_messages', 'load_more_messages', 'submit_feedback'])

export const createChatSockets = <U extends User>(options: ClassicOptions<U>): ChatSockets<U> => {
  const { conversations, sessions, feed, people, sends, clock, events } = options
  const byConversation = new Map<string, Map<string, ChatSocket<U>>>()
  const sockets = new Map<string, ChatSocket<U>>()
  // Their conversation is gone; they stay, because clients take a close for a reason to log in again or to come back at once.
  const bereft = new Set<string>()

  const say = (session: Session<U>, frame: object): void => {
    sessions.send(session, createPush('critical', frame))
  }

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
    try {
      await show(socket, filters === null ? pagingOf({}, firstPageSize) : pagingOf(raw, pageSize))
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

  const markRead = async ({ session, scope, conversation, seen, sent }: ChatSocket<U>, noted: number | undefined): Promise<void> => {
    // What was committed after the request arrived was not on the agent's screen.
    const ask = { workspace: scope.workspace.id, conversation, userId: session.user.id, upTo: Math.max(noted ?? seen, sent), at: clock.wall() }
    try {
      const marked = await conversations.markAnswered(ask)
      if (marked.outcome === 'changed') feed.publish(marked.event)
      else if (marked.outcome === 'not_found') complain(session, noConversation)
      else say(session, readFrame(session.user.id))
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
          say(session, { type: 'feedback_submitted', success: true, data: feedbackFrame(given.message.id, given.message.feedback) })
          feed.publish(given.event)
          return
      }
    } catch (error) {
      failed(session, error, error instanceof StoreUnavailable ? 'Failed to update feedback: please try again' : 'Failed to update feedback', 'updating feedback')
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
      const visitor = { workspace: scope.workspace.id, conversation, userId: session.user.id, name: personName(session.user) }
      const socket: ChatSocket<U> = {
        session, scope, conversation, following: feed.follow(scope.workspace.id), stay: people.enter(visitor), customer: undefined, seen: 0, sent: 0,
      }
      sockets.set(session.id, socket)
      const room = byConversation.get(conversation)
      if (room === undefined) byConversation.set(conversation, new Map([[session.id, socket]]))
      else room.set(session.id, socket)
      await socket.following.position
      await show(socket, pagingOf({}, firstPageSize))
    } catch (error) {
      failed(session, error, 'Connection timeout - please refresh', 'sending initial messages')
    }
  }

  const leave = (socket: ChatSocket<U>): void => {
    sockets.delete(socket.session.id)
    const room = byConversation.get(socket.conversation)
    room?.delete(socket.session.id)
    if (room?.size === 0) byConversation.delete(socket.conversation)
    socket.following.letGo()
    socket.stay.leave()
  }

  const roomOf = (workspace: string, conversation: string): readonly ChatSocket<U>[] =>
    [...(byConversation.get(conversation)?.values() ?? [])].filter(({ scope }) => scope.workspace.id === workspace)

  /** Somebody deleted it: everybody is told, and hears no more of it. */
  const end = (workspace: string, conversation: string): void => {
    const push = createPush('critical', deletedFrame(conversation, clock.wall()))
    for (const socket of roomOf(workspace, conversation)) {
      sessions.send(socket.session, push)
      bereft.add(socket.session.id)
      leave(socket)
    }
  }

  people.listen((notice: PeopleNotice) => {
    const { workspace, conversation, userId } = notice.visitor
    const others = roomOf(workspace, conversation).filter(({ session }) => session.user.id !== userId)
    if (others.length === 0) return
    // Of presence the last value counts; of typing none does.
    const frame = peopleFrame(notice, clock.wall())
    const push = notice.type === 'presence' ? createPush('state', frame, `presence:${userId}`) : createPush('ephemeral', frame)
    for (const { session } of others) sessions.send(session, push)
  })

  const opened = async (session: Session<U>): Promise<void> => {
    const { conversation } = session.endpoint
    if (conversation === undefined) sessions.close(session, deny('not_found'))
    else await enter(session, conversation)
  }

  return {
    opened,
    arrived: (session) => sockets.get(session.id)?.seen,
    async received(session, { type, body }, noted) {
      const socket = sockets.get(session.id)
      if (socket === undefined && bereft.has(session.id)) {
        if (knownTypes.has(type ?? 'chat_message')) complain(session, noConversation)
        else events?.ignored?.(session.endpoint.name)
        return
      }
      if (socket === undefined) {
        await opened(session)
        return
      }
      switch (type ?? 'chat_message') {
        case 'chat_message':
          await send(socket, body)
          return
        case 'mark_read':
          await markRead(socket, noted)
          return
        case 'get_messages':
        case 'load_more_messages':
          await showPage(socket, own(body, 'filters'))
          return
        case 'submit_feedback':
          await submitFeedback(socket, body)
          return
        case 'typing':
          // The old service had forgotten it; clients that still send it are heard again.
          socket.stay.typing(own(body, 'is_typing') !== false, clock.wall())
          return
        default:
          events?.ignored?.(session.endpoint.name)
      }
    },
    closed(session) {
      bereft.delete(session.id)
      const socket = sockets.get(session.id)
      if (socket !== undefined) leave(socket)
    },
    told(event) {
      const { workspace, change } = event
      for (const conversation of deletedBy(change)) end(workspace, conversation)
      if (change.type === 'customer.changed') {
        for (const socket of sockets.values()) if (socket.customer?.id === change.customer.id) socket.customer = change.customer
      }
      const about = chatEvent(event)
      const room = about === undefined ? [] : roomOf(workspace, about.conversation)
      if (about === undefined || room.length === 0) return
      // One encoding for all: everybody in the room sees the same customer.
      const push = createPush('critical', about.frame(room.find(({ customer }) => customer !== undefined)?.customer))
      for (const socket of room) {
        if (change.type === 'message.created') socket.seen = Math.max(socket.seen, change.message.seq)
        sessions.send(socket.session, push)
      }
    },
    lost(workspace) {
      for (const socket of sockets.values()) if (socket.scope.workspace.id === workspace) void showPage(socket, null)
    },
  }
}
