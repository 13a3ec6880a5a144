import { StoreUnavailable } from '../../admission/store-unavailable.js'
import type { User } from '../../admission/user.js'
import type { CommandId, Topic } from '../../protocol/command.js'
import { deny } from '../../protocol/denial.js'
import { maxContentCharacters, maxPageSize, parseCommand } from '../../protocol/parse-command.js'
import type { PushMessage, Subscribed, Welcome } from '../../protocol/push-message.js'
import { replyCodes, type ErrorReply, type OkReply } from '../../protocol/reply.js'
import { modern } from '../../protocol/subprotocol.js'
import { deletedBy } from '../log.js'
import type { DialectHandler } from '../../session/dialect-handler.js'
import { createPush } from '../../session/push.js'
import type { Session } from '../../session/session.js'
import { createAudience } from './audience.js'
import { createCommands, type Answer } from './commands.js'
import { createMember, type Member } from './member.js'
import type { ModernOptions } from './modern-options.js'
import { createSubscriptions, maxSubscriptions } from './subscribe.js'

/**
 * Speaks `sallyport.v1`.
 *
 * Every session is welcomed and subscribed to the topic of its path; every message is answered, in order, with `ok` or an error of a closed
 * list. Nothing a client says closes its socket, except sending far too much.
 */
export const createModernHandler = <U extends User>(options: ModernOptions<U>): DialectHandler<U> => {
  const { conversations, sessions, feed, people, sends, clock, events } = options
  const members = new Map<string, Member<U>>()
  const audience = createAudience<U>(sessions)
  const subscriptions = createSubscriptions(conversations, feed, people, audience, sessions)
  const { perform, scopeOfLists } = createCommands(options, subscriptions)

  feed.listen({
    event(event) {
      audience.tell(event)
      // There is nothing left to be told about what is gone.
      for (const conversation of deletedBy(event.change)) {
        for (const member of audience.readersOf(event.workspace, conversation)) subscriptions.end(member, `conversation:${conversation}`)
      }
    },
    lost(workspace) {
      // They resume by offset and are told then that they have to load anew.
      for (const { session } of audience.of(workspace)) sessions.close(session, deny('slow_consumer', { detail: 'the log had moved too far' }))
    },
  })

  people.listen((notice) => {
    if (notice.type !== 'typing') return
    const { active, from, visitor: { workspace, conversation, userId } } = notice
    audience.whisper(workspace, conversation, { type: 'typing', conversation, user: userId, active }, from)
  })

  const say = (session: Session<U>, message: PushMessage | OkReply | ErrorReply): void => {
    sessions.send(session, createPush('critical', message))
  }

  const welcome = (member: Member<U>): Welcome => {
    const { session } = member
    return {
      type: 'welcome',
      session: session.id,
      user: { id: session.user.id, role: session.user.role ?? 'agent' },
      workspace: member.scope === undefined ? null : { id: member.scope.workspace.id, name: member.scope.workspace.name },
      protocol: modern,
      expiresAt: session.principal.expiresAt ?? null,
      serverTime: clock.wall(),
      heartbeatMs: options.heartbeatMs,
      limits: {
        frameBytes: options.frameBytes,
        contentCharacters: maxContentCharacters,
        pageSize: maxPageSize,
        subscriptions: maxSubscriptions,
        messages: { max: sends.limit.max, windowMs: sends.limit.windowMs },
      },
      development: session.principal.development,
    }
  }

  const beginFirst = async (member: Member<U>, topic: Topic): Promise<void> => {
    const { session } = member
    try {
      const result = await subscriptions.begin(member, await scopeOfLists(member), topic, undefined)
      if (result.outcome === 'begun') {
        const subscribed: Subscribed = { type: 'subscribed', topic, ...result.begun }
        say(session, subscribed)
        result.release()
      } else sessions.close(session, deny('not_found'))
    } catch (error) {
      events?.failed?.('subscribe', error)
      say(session, { type: 'subscription.failed', topic, code: 'unavailable', message: replyCodes.unavailable })
    }
    // It may have closed while its page was being read, when there was nothing yet to let go.
    if (session.state.name === 'closed') subscriptions.endAll(member)
  }

  const answered = async (member: Member<U>, text: string): Promise<{ readonly re: CommandId | undefined; readonly answer: Answer }> => {
    const parsed = parseCommand(text)
    if (!parsed.ok) {
      events?.refused?.(parsed.fault.code)
      return { re: parsed.fault.re, answer: { code: parsed.fault.code, message: parsed.fault.message } }
    }
    const { command } = parsed
    try {
      return { re: command.id, answer: await perform(member, command) }
    } catch (error) {
      events?.failed?.(command.type, error)
      return { re: command.id, answer: { code: error instanceof StoreUnavailable ? 'unavailable' : 'internal_error' } }
    }
  }

  return {
    async opened(session) {
      const member = createMember(session)
      members.set(session.id, member)
      try {
        await scopeOfLists(member)
      } catch (error) {
        // The welcome does not wait for a store; whoever asks for a list asks for the scope again.
        events?.failed?.('welcome', error)
      }
      say(session, welcome(member))
      const topic = topicOf(session)
      if (topic !== undefined) await beginFirst(member, topic)
    },
    async received(session, text) {
      const member = members.get(session.id)
      if (member === undefined) return
      const { re, answer } = await answered(member, text)
      if (answer === 'closed') return
      if ('code' in answer) {
        const error: ErrorReply = { type: 'error', code: answer.code, message: answer.message ?? replyCodes[answer.code], ...answer.rest }
        say(session, re === undefined ? error : { re, ...error })
        return
      }
      if (re !== undefined) say(session, { re, type: 'ok', ...answer.ok })
      answer.afterwards?.()
      if (session.state.name === 'closed') subscriptions.endAll(member)
    },
    limited(session, text, retryAfterMs) {
      const parsed = parseCommand(text)
      const re = parsed.ok ? parsed.command.id : parsed.fault.re
      const error: ErrorReply = { type: 'error', code: 'rate_limited', message: replyCodes.rate_limited, retryAfterMs }
      say(session, re === undefined ? error : { re, ...error })
    },
    closed(session) {
      const member = members.get(session.id)
      if (member === undefined) return
      members.delete(session.id)
      subscriptions.endAll(member)
    },
  }
}

/** The first subscription, which the path chooses. */
const topicOf = ({ endpoint }: Session): Topic | undefined => {
  switch (endpoint.name) {
    case 'conversations':
    case 'customers':
      return endpoint.name
    case 'chat':
      return endpoint.conversation === undefined ? undefined : `conversation:${endpoint.conversation}`
    default:
      return undefined
  }
}
