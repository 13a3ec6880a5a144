import type { User } from '../admission/user.js'
import { conversationScope } from '../conversation/access.js'
import { deletedBy, type WorkspaceEvent } from '../conversation/log.js'
import { personName, type PeopleNotice } from '../conversation/people.js'
import { deny } from '../protocol/denial.js'
import { createPush } from '../session/push.js'
import type { Session } from '../session/session.js'
import { createChatAnswers, noConversation } from './chat-answers.js'
import { chatEvent, deletedFrame, peopleFrame } from './chat-frames.js'
import type { ChatSocket } from './chat-socket.js'
import type { ClassicOptions } from './classic-options.js'
import { isFalsy } from './filter-value.js'
import { own, type ClassicFrame } from './parse-frame.js'

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

/** A client that doesn't say types; one that says no in any spelling stopped. */
const isTyping = (value: unknown): boolean => value === undefined || !(isFalsy(value) || value === 'false' || value === '0')

const knownTypes: ReadonlySet<string> = new Set(['chat_message', 'mark_read', 'get_messages', 'load_more_messages', 'submit_feedback'])

export const createChatSockets = <U extends User>(options: ClassicOptions<U>): ChatSockets<U> => {
  const { conversations, sessions, feed, people, clock, events } = options
  const byConversation = new Map<string, Map<string, ChatSocket<U>>>()
  const sockets = new Map<string, ChatSocket<U>>()
  // Their conversation is gone; they stay, because clients take a close for a reason to log in again or to come back at once.
  const bereft = new Set<string>()

  const roomOf = (workspace: string, conversation: string): readonly ChatSocket<U>[] =>
    [...(byConversation.get(conversation)?.values() ?? [])].filter(({ scope }) => scope.workspace.id === workspace)

  const tellAll = (socket: ChatSocket<U>, frame: object): void => {
    const push = createPush('critical', frame)
    for (const { session } of roomOf(socket.scope.workspace.id, socket.conversation)) sessions.send(session, push)
  }
  const answers = createChatAnswers(options, tellAll)

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
      await answers.showNewest(socket)
    } catch (error) {
      answers.failed(session, error, 'Connection timeout - please refresh', 'sending initial messages')
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
        if (knownTypes.has(type ?? 'chat_message')) answers.complain(session, noConversation)
        else events?.ignored?.(session.endpoint.name)
        return
      }
      if (socket === undefined) {
        await opened(session)
        return
      }
      switch (type ?? 'chat_message') {
        case 'chat_message':
          await answers.send(socket, body)
          return
        case 'mark_read':
          await answers.markRead(socket, noted)
          return
        case 'get_messages':
        case 'load_more_messages':
          await answers.showPage(socket, own(body, 'filters'))
          return
        case 'submit_feedback':
          await answers.submitFeedback(socket, body)
          return
        case 'typing':
          // The old service had forgotten it; clients that still send it are heard again.
          socket.stay.typing(isTyping(own(body, 'is_typing')), clock.wall())
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
      for (const socket of sockets.values()) if (socket.scope.workspace.id === workspace) void answers.showPage(socket, null)
    },
  }
}
