import type { User } from '../../admission/user.js'
import type { Since, Topic } from '../../protocol/command.js'
import type { PushMessage } from '../../protocol/push-message.js'
import type { SubscribeReply } from '../../protocol/reply.js'
import type { Sessions } from '../../session/sessions.js'
import { limits } from '../../protocol/size.js'
import { conversationScope, type Scope } from '../access.js'
import type { Conversations } from '../conversations.js'
import type { Feed } from '../feed.js'
import type { LogPosition, WorkspaceEvent } from '../log.js'
import { cutToBytes, worstBytes } from '../page-bounds.js'
import { personName, type People, type Stay } from '../people.js'
import type { Audience } from './audience.js'
import { pushesOf } from './event-pushes.js'
import type { Member, Subscription } from './member.js'
import { conversationOf, firstPage } from './pages.js'

/** Topics one socket may be subscribed to at once. */
export const maxSubscriptions = 100
/** Events a resuming client is told one by one; who missed more loads anew. */
const maxRecovered = 500

/** What the first answer to a subscription says. */
export type Begun = Omit<SubscribeReply, 're' | 'type'>

export type BeginResult =
  /** `release` lets the pushes go that came meanwhile; call it when the answer is out. */
  | { readonly outcome: 'begun'; readonly begun: Begun; readonly release: () => void }
  | { readonly outcome: 'not_found' | 'too_many' }

export interface Subscriptions<U extends User> {
  /**
   * Subscribes a session to a topic and reads its first page, or what it missed.
   *
   * What happens while it reads is held back and follows the answer, so nothing falls between. Subscribing again begins anew.
   *
   * @throws StoreUnavailable; the topic is not subscribed then.
   */
  begin(member: Member<U>, scope: Scope | undefined, topic: Topic, since: Since | undefined): Promise<BeginResult>
  end(member: Member<U>, topic: Topic): boolean
  endAll(member: Member<U>): void
}

export const createSubscriptions = <U extends User>(
  conversations: Conversations,
  feed: Feed,
  people: People,
  audience: Audience<U>,
  sessions: Pick<Sessions<U>, 'send'>,
): Subscriptions<U> => {
  const end = (member: Member<U>, topic: Topic): boolean => {
    const subscription = member.topics.get(topic)
    if (subscription === undefined) return false
    member.topics.delete(topic)
    audience.remove(member, subscription)
    subscription.following.letGo()
    subscription.stay?.leave()
    return true
  }

  const scopeOf = (member: Member<U>, listScope: Scope | undefined, topic: Topic): Promise<Scope | undefined> | Scope | undefined =>
    topic === 'conversations' || topic === 'customers' ? listScope : conversationScope(conversations, member.session.user.id, conversationOf(topic))

  const stayOf = ({ session: { user } }: Member<U>, scope: Scope, topic: Topic): Stay | undefined =>
    topic === 'conversations' || topic === 'customers'
      ? undefined
      : people.enter({ workspace: scope.workspace.id, conversation: conversationOf(topic), userId: user.id, name: personName(user) })

  const release = (member: Member<U>, subscription: Subscription, offset: number): void => {
    const held = subscription.held ?? []
    subscription.held = undefined
    for (const waiting of held) if (waiting.offset > offset) sessions.send(member.session, waiting.push)
  }

  return {
    async begin(member, listScope, topic, since) {
      if (member.topics.size >= maxSubscriptions && !member.topics.has(topic)) return { outcome: 'too_many' }
      const scope = await scopeOf(member, listScope, topic)
      if (scope === undefined) {
        if (topic !== 'conversations' && topic !== 'customers') return { outcome: 'not_found' }
        return { outcome: 'begun', begun: nothing, release: () => {} }
      }
      end(member, topic)
      const subscription: Subscription = { topic, scope, following: feed.follow(scope.workspace.id), stay: stayOf(member, scope, topic), held: [] }
      member.topics.set(topic, subscription)
      audience.add(member, subscription)
      try {
        const position = await subscription.following.position
        const missed = await missedSince(conversations, scope, position, since)
        const page = missed === undefined ? await firstPage(conversations, scope, topic) : null
        if (page === undefined) {
          end(member, topic)
          return { outcome: 'not_found' }
        }
        const offset = missed?.position.offset ?? position?.offset ?? 0
        const events = missed?.events.flatMap((event) => messagesFor(event, topic, scope.userId)) ?? []
        const begun = { epoch: position?.epoch ?? null, offset, recovered: missed !== undefined, events, page }
        return { outcome: 'begun', begun, release: () => release(member, subscription, offset) }
      } catch (error) {
        end(member, topic)
        throw error
      }
    },
    end,
    endAll(member) {
      for (const topic of [...member.topics.keys()]) end(member, topic)
    },
  }
}

/** Lists of a user without a workspace: empty, and nothing ever happens in them. */
const nothing: Begun = { epoch: null, offset: 0, recovered: false, events: [], page: { items: [], total: 0, next: null } }

const missedSince = async (
  conversations: Conversations,
  scope: Scope,
  position: LogPosition | undefined,
  since: Since | undefined,
): Promise<{ readonly position: LogPosition; readonly events: readonly WorkspaceEvent[] } | undefined> => {
  if (since === undefined || position === undefined || since.epoch !== position.epoch) return undefined
  const slice = await conversations.since(scope.workspace.id, since.offset, maxRecovered)
  if (slice?.events === undefined || slice.position.epoch !== since.epoch) return undefined
  const fits = cutToBytes(slice.events, limits.pageBytes, false, ({ change }) => (change.type === 'message.created' ? worstBytes(change.message.content) : 0))
  return fits.length === slice.events.length ? { position: slice.position, events: slice.events } : undefined
}

/** What of an event a topic is told. */
const messagesFor = (event: WorkspaceEvent, topic: Topic, userId: string): readonly PushMessage[] => {
  const { conversations, toConversation, toLists, onlyTo } = pushesOf(event)
  if (onlyTo !== undefined && onlyTo !== userId) return []
  const message = topic === 'conversations' || topic === 'customers' ? toLists : conversations.includes(conversationOf(topic)) ? toConversation : undefined
  return message === undefined ? [] : [message]
}
