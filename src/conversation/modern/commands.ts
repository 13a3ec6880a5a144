import type { User } from '../../admission/user.js'
import type { Command, CommandOf, Topic } from '../../protocol/command.js'
import { denials, deny } from '../../protocol/denial.js'
import { wrongField } from '../../protocol/parse-command.js'
import type { ErrorReply, ReplyCode, SendReply } from '../../protocol/reply.js'
import { conversationScope, listScope, type Scope } from '../access.js'
import { storableText } from '../storable-text.js'
import { placeOf } from './cursor.js'
import { conversationItem, messageItem } from './items.js'
import type { Member } from './member.js'
import type { ModernOptions } from './modern-options.js'
import { conversationsPage, customersPage, inboxOrder, messagesPage, peopleOrder } from './pages.js'
import type { Subscriptions } from './subscribe.js'

type SendAnswer = Omit<SendReply, 're' | 'type'>

/** What a command is answered with: the fields of the `ok` reply, or why not. `afterwards` runs when the answer is out. */
export type Answer =
  | { readonly ok: object; readonly afterwards?: () => void }
  | { readonly code: ReplyCode; /** For a person; default the sentence of the code. */ readonly message?: string; readonly rest?: Pick<ErrorReply, 'retryAfterMs' | 'unseen'> }
  /** The session was ended; there is nobody to answer. */
  | 'closed'

const wrongCursor: Answer = { code: 'invalid_command', message: wrongField('cursor', 'must be "next" of a page of this list, in the same order') }

/** Does one command of a session. Rejects only for faults of the store or of ours. */
export const createCommands = <U extends User>(options: ModernOptions<U>, subscriptions: Subscriptions<U>) => {
  const { conversations, sessions, feed, sends, clock } = options

  const scopeOfLists = async (member: Member<U>): Promise<Scope | undefined> => {
    member.scope ??= await listScope(conversations, member.session.user.id)
    return member.scope
  }

  const scopeOf = async (member: Member<U>, conversation: string): Promise<Scope | undefined> =>
    member.topics.get(`conversation:${conversation}`)?.scope ?? conversationScope(conversations, member.session.user.id, conversation)

  const authenticate = async ({ session }: Member<U>, token: string): Promise<Answer> => {
    const result = await options.reauthenticate(session, token)
    if (result.ok) return { ok: { expiresAt: result.expiresAt ?? null } }
    const { told } = denials[result.denial.reason]
    if (told === 'rate_limited') return { code: told, rest: { retryAfterMs: result.denial.retryAfterMs ?? 1_000 } }
    if (told === 'token_expired' || told === 'token_revoked') return { code: told }
    if (told === 'dependency_unavailable' || told === 'overloaded') return { code: 'unavailable' }
    return { code: denials[result.denial.reason].http === 403 ? 'forbidden' : 'token_invalid' }
  }

  const subscribe = async (member: Member<U>, { topic, since }: CommandOf<'subscribe'>): Promise<Answer> => {
    const result = await subscriptions.begin(member, await scopeOfLists(member), topic, since)
    switch (result.outcome) {
      case 'begun':
        return { ok: result.begun, afterwards: result.release }
      case 'not_found':
        return { code: 'not_found' }
      case 'too_many':
        return { code: 'too_many_subscriptions' }
    }
  }

  const listConversations = async (member: Member<U>, { filter, order = inboxOrder, limit, cursor }: CommandOf<'conversations.list'>): Promise<Answer> => {
    const place = cursor === undefined ? undefined : placeOf('conversations', order, cursor)
    if (cursor !== undefined && place === undefined) return wrongCursor
    return { ok: await conversationsPage(conversations, await scopeOfLists(member), { filter, order, limit, place }) }
  }

  const listCustomers = async (member: Member<U>, { filter, order = peopleOrder, limit, cursor }: CommandOf<'customers.list'>): Promise<Answer> => {
    const place = cursor === undefined ? undefined : placeOf('customers', order, cursor)
    if (cursor !== undefined && place === undefined) return wrongCursor
    return { ok: await customersPage(conversations, await scopeOfLists(member), { filter, order, limit, place }) }
  }

  const listMessages = async (member: Member<U>, { conversation, ...ask }: CommandOf<'messages.list'>): Promise<Answer> => {
    const scope = await scopeOf(member, conversation)
    const page = scope === undefined ? undefined : await messagesPage(conversations, scope, conversation, ask)
    return page === undefined ? { code: 'not_found' } : { ok: page }
  }

  const send = async (member: Member<U>, { conversation, key, content, after }: CommandOf<'message.send'>): Promise<Answer> => {
    const { session } = member
    const text = content.trim()
    const result = await sends.send({
      userId: session.user.id, scope: () => scopeOf(member, conversation), conversation, type: 'support', key, content: text, after, at: clock.wall(),
    })
    switch (result.outcome) {
      case 'stored':
        return { ok: { message: messageItem(result.message), repeated: false } satisfies SendAnswer, afterwards: () => feed.publish(result.event) }
      case 'repeated':
        return { ok: { message: messageItem(result.message), repeated: true } satisfies SendAnswer }
      case 'stale':
        return { code: 'stale', rest: { unseen: result.unseen.map(messageItem) } }
      case 'limited':
        return { code: 'rate_limited', rest: { retryAfterMs: result.retryAfterMs } }
      case 'flood':
        sessions.close(session, deny('too_many_messages', { retryAfterMs: result.retryAfterMs }))
        return 'closed'
      case 'key_reused':
      case 'not_found':
      case 'not_stored':
        return { code: result.outcome }
    }
  }

  const read = async (member: Member<U>, { conversation, upTo }: CommandOf<'conversation.read'>): Promise<Answer> => {
    const scope = await scopeOf(member, conversation)
    if (scope === undefined) return { code: 'not_found' }
    const marked = await conversations.markRead({ workspace: scope.workspace.id, conversation, userId: scope.userId, upTo, at: clock.wall() })
    if (marked.outcome === 'not_found') return { code: 'not_found' }
    return marked.outcome === 'changed' ? { ok: {}, afterwards: () => feed.publish(marked.event) } : { ok: {} }
  }

  const update = async (member: Member<U>, { conversation, status, priority, assignee, tags }: CommandOf<'conversation.update'>): Promise<Answer> => {
    const scope = await scopeOf(member, conversation)
    if (scope === undefined) return { code: 'not_found' }
    const assigned = typeof assignee === 'string' ? storableText(assignee) : assignee
    const updated = await conversations.update({
      workspace: scope.workspace.id, conversation, status, priority, assignee: assigned, tags, by: scope.userId, at: clock.wall(),
    })
    if (updated.outcome === 'no_assignee') return { code: 'not_found', message: '"assignee" names no active member of this workspace; nothing was changed.' }
    if (updated.outcome === 'not_found') return { code: 'not_found' }
    return {
      ok: updated.outcome === 'changed' ? { conversation: conversationItem(updated.row.conversation) } : {},
      afterwards: () => {
        if (updated.tagged !== undefined) feed.publish(updated.tagged)
        if (updated.outcome === 'changed') feed.publish(updated.event)
      },
    }
  }

  const giveFeedback = async (member: Member<U>, { message, feedback, comment = '' }: CommandOf<'message.feedback'>): Promise<Answer> => {
    const scope = await scopeOfLists(member)
    if (scope === undefined) return { code: 'not_found' }
    const given = await conversations.giveFeedback({
      workspace: scope.workspace.id,
      conversation: undefined,
      message,
      userId: scope.userId,
      value: feedback,
      comment: storableText(comment.trim()),
      at: clock.wall(),
    })
    if (given.outcome !== 'stored') return { code: given.outcome }
    return { ok: { message: messageItem(given.message) }, afterwards: () => feed.publish(given.event) }
  }

  const typing = (member: Member<U>, { conversation, active }: CommandOf<'typing'>): Answer => {
    // Only who has the conversation open types in it; that was authorised when he opened it.
    const subscription = member.topics.get(`conversation:${conversation}`)
    if (subscription === undefined) return { code: 'not_subscribed' }
    subscription.stay?.typing(active, clock.wall())
    return { ok: {} }
  }

  const unsubscribe = (member: Member<U>, topic: Topic): Answer => (subscriptions.end(member, topic) ? { ok: {} } : { code: 'not_subscribed' })

  const perform = async (member: Member<U>, command: Command): Promise<Answer> => {
    switch (command.type) {
      case 'authenticate':
        return authenticate(member, command.token)
      case 'subscribe':
        return subscribe(member, command)
      case 'unsubscribe':
        return unsubscribe(member, command.topic)
      case 'conversations.list':
        return listConversations(member, command)
      case 'customers.list':
        return listCustomers(member, command)
      case 'messages.list':
        return listMessages(member, command)
      case 'message.send':
        return send(member, command)
      case 'conversation.read':
        return read(member, command)
      case 'conversation.update':
        return update(member, command)
      case 'message.feedback':
        return giveFeedback(member, command)
      case 'typing':
        return typing(member, command)
      case 'conversation.claim':
      case 'conversation.release':
      case 'presence.watch':
        return { code: 'not_available' }
    }
  }

  return { perform, scopeOfLists }
}
