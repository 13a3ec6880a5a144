import type { User } from '../admission/user.js'
import type { WorkspaceChange } from '../conversation/log.js'
import { createPush } from '../session/push.js'
import type { DialectHandler } from '../session/dialect-handler.js'
import type { Session } from '../session/session.js'
import { createChatSockets } from './chat-sockets.js'
import type { ClassicOptions } from './classic-options.js'
import { errorPush, stamp } from './frames.js'
import { conversationsList, customersList } from './list-kind.js'
import { createListSockets } from './list-sockets.js'
import { parseFrame, type ClassicFrame } from './parse-frame.js'

/** What the sockets of one endpoint do. */
interface EndpointSockets<U extends User> {
  opened(session: Session<U>): Promise<void>
  received(session: Session<U>, frame: ClassicFrame, noted: number | undefined): Promise<void>
  closed(session: Session<U>): void
}

/**
 * Speaks the frames of the old service on `customers`, `conversations` and `chat` sockets; on other endpoints it only greets.
 *
 * Every session gets its first list unasked, one answer to each request it understands, an error frame with both `error` and `message` for
 * what is wrong, and silence for message types nobody knows. Nothing a client sends closes its socket, except sending far too much.
 */
export const createClassicHandler = <U extends User>(options: ClassicOptions<U>): DialectHandler<U> => {
  const { sessions, feed, clock, events } = options
  const chat = createChatSockets(options)
  const conversations = createListSockets(conversationsList, options)
  const customers = createListSockets(customersList, options)

  feed.listen({
    event(event) {
      chat.told(event)
      if (shownByNoList.has(event.change.type)) return
      conversations.refresh(event.workspace)
      customers.refresh(event.workspace)
    },
    lost(workspace) {
      chat.lost(workspace)
      conversations.refresh(workspace)
      customers.refresh(workspace)
    },
  })

  const socketsOf = (session: Session<U>): EndpointSockets<U> | undefined => {
    switch (session.endpoint.name) {
      case 'chat':
        return chat
      case 'conversations':
        return conversations
      case 'customers':
        return customers
      default:
        return undefined
    }
  }

  const greet = (session: Session<U>): void => {
    if (!options.greeting || session.dialect !== 'classic.v2') return
    const { name, conversation } = session.endpoint
    const label = Object.hasOwn(labels, name) ? `${labels[name] ?? ''} ` : ''
    const greeting = {
      type: 'connection_established',
      message: `✅ ${label}WebSocket connected successfully`,
      ...(conversation === undefined ? {} : { conversation_id: conversation }),
      timestamp: stamp(clock.wall()),
    }
    sessions.send(session, createPush('critical', greeting))
  }

  return {
    async opened(session) {
      greet(session)
      await socketsOf(session)?.opened(session)
    },
    arrived: (session) => (session.endpoint.name === 'chat' ? chat.arrived(session) : undefined),
    async received(session, text, noted) {
      const parsed = parseFrame(text)
      if (!parsed.ok) {
        sessions.send(session, errorPush(parsed.error, clock.wall()))
        return
      }
      const sockets = socketsOf(session)
      if (sockets === undefined) events?.ignored?.(session.endpoint.name)
      else await sockets.received(session, parsed.frame, noted)
    },
    limited(session, _text, retryAfterMs) {
      sessions.send(session, errorPush('Message rate limit exceeded', clock.wall(), { retry_after_ms: retryAfterMs }))
    },
    closed(session) {
      socketsOf(session)?.closed(session)
    },
  }
}

const labels: Readonly<Record<string, string>> = { chat: 'Chat', conversations: 'Conversation List', customers: 'Customer List' }

/** A private mark, a delivery, and who is a member: lists show nothing of it. */
const shownByNoList: ReadonlySet<WorkspaceChange['type']> = new Set(['conversation.read', 'message.delivery', 'member.removed'])
