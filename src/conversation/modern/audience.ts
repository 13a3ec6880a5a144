import type { User } from '../../admission/user.js'
import type { Topic } from '../../protocol/command.js'
import type { PushMessage } from '../../protocol/push-message.js'
import { createPush, type Push, type PushClass } from '../../session/push.js'
import type { Sessions } from '../../session/sessions.js'
import type { WorkspaceEvent } from '../log.js'
import type { Stay } from '../people.js'
import { pushesOf } from './event-pushes.js'
import type { Member, Subscription } from './member.js'

/** Who is told what: the subscriptions of this node by workspace and topic. */
export interface Audience<U extends User> {
  add(member: Member<U>, subscription: Subscription): void
  remove(member: Member<U>, subscription: Subscription): void
  /** Tells everybody an event concerns; each push is encoded once. */
  tell(event: WorkspaceEvent): void
  /** Tells those who have a conversation open something that is not kept, but not the one who said it. */
  whisper(workspace: string, conversation: string, message: PushMessage, except: Stay): void
  of(workspace: string): Iterable<Member<U>>
  /** Those who have a conversation open. */
  readersOf(workspace: string, conversation: string): readonly Member<U>[]
}

/** Pushes that may wait for one page; a reader who is behind by more loads anew. */
const maxHeld = 1_000

export const createAudience = <U extends User>(sessions: Pick<Sessions<U>, 'send' | 'close'>): Audience<U> => {
  const byTopic = new Map<string, Map<Member<U>, Subscription>>()
  const keyOf = (workspace: string, topic: Topic): string => `${workspace}\0${topic}`

  const reach = (receivers: ReadonlyMap<Member<U>, Subscription>, offset: number, push: Push, onlyTo: string | undefined): void => {
    for (const [member, { held }] of receivers) {
      if (onlyTo !== undefined && member.session.user.id !== onlyTo) continue
      if (held === undefined) sessions.send(member.session, push)
      else if (held.length < maxHeld) held.push({ offset, push })
      else sessions.close(member.session, { reason: 'slow_consumer' })
    }
  }

  const receiversOf = (workspace: string, topics: readonly Topic[]): ReadonlyMap<Member<U>, Subscription> => {
    const all = new Map<Member<U>, Subscription>()
    for (const topic of topics) for (const [member, subscription] of byTopic.get(keyOf(workspace, topic)) ?? []) all.set(member, subscription)
    return all
  }

  return {
    add(member, subscription) {
      const key = keyOf(subscription.scope.workspace.id, subscription.topic)
      const known = byTopic.get(key)
      if (known === undefined) byTopic.set(key, new Map([[member, subscription]]))
      else known.set(member, subscription)
    },
    remove(member, subscription) {
      const key = keyOf(subscription.scope.workspace.id, subscription.topic)
      const known = byTopic.get(key)
      if (known?.get(member) !== subscription) return
      known.delete(member)
      if (known.size === 0) byTopic.delete(key)
    },
    tell(event) {
      const { conversations, subject = conversations.join(), toConversation, toLists, critical, onlyTo } = pushesOf(event)
      const rooms = conversations.map((conversation): Topic => `conversation:${conversation}`)
      const lists: readonly Topic[] = ['conversations', 'customers']
      const send = (topics: readonly Topic[], message: PushMessage, pushClass: PushClass): void => {
        const receivers = receiversOf(event.workspace, topics)
        if (receivers.size === 0) return
        reach(receivers, event.offset, createPush(pushClass, message, `${message.type}:${subject}`), onlyTo)
      }
      // One who looks at a list and has the conversation open is told the same thing once.
      if (toConversation !== undefined && toConversation === toLists) send([...lists, ...rooms], toLists, critical ? 'critical' : 'state')
      else {
        if (toConversation !== undefined) send(rooms, toConversation, critical ? 'critical' : 'state')
        if (toLists !== undefined) send(lists, toLists, 'state')
      }
    },
    whisper(workspace, conversation, message, except) {
      const receivers = receiversOf(workspace, [`conversation:${conversation}`])
      if (receivers.size === 0) return
      const push = createPush('ephemeral', message)
      for (const [member, { held, stay }] of receivers) if (stay !== except && held === undefined) sessions.send(member.session, push)
    },
    readersOf: (workspace, conversation) => [...(byTopic.get(keyOf(workspace, `conversation:${conversation}`))?.keys() ?? [])],
    of(workspace) {
      const members = new Set<Member<U>>()
      for (const [key, receivers] of byTopic) if (key.startsWith(`${workspace}\0`)) for (const member of receivers.keys()) members.add(member)
      return members
    },
  }
}
