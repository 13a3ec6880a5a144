import { randomUUID } from 'node:crypto'
import type { Memberships } from '../../admission/topic.js'
import type { Changed, FeedbackResult } from '../../conversation/changes.js'
import type { Conversations } from '../../conversation/conversations.js'
import type { CustomerConversation } from '../../conversation/lists.js'
import { isSameSend, type SendResult } from '../../conversation/message-asks.js'
import type { Conversation, Customer, Message } from '../../conversation/records.js'
import type { WorkspaceEvent } from '../../conversation/log.js'
import type { Outbound } from '../../conversation/outbound.js'
import { conversationsPerCustomer, preview } from '../../conversation/page-bounds.js'
import type { WorkspaceImports } from '../../conversation/workspace-import.js'
import {
  conversationsSlice, customersSlice, matchesConversation, matchesCustomer, sortedConversations,
} from './memory-filters.js'
import { createMemoryInbound } from './memory-inbound.js'
import { createMemoryOutbound } from './memory-outbound.js'
import { storeMessage } from './memory-messages.js'
import { changeCustomer, createMemoryUpkeep } from './memory-upkeep.js'
import { append, memoryWorkspace, pairKey, type MemoryConversation, type MemoryIds, type MemoryWorkspace } from './memory-workspace.js'

/** Unseen messages a stale send answers at most. */
const maxUnseen = 100

/** Keeps conversations in this process; they are gone with it. */
export const createMemoryConversations = (): Conversations & Memberships & Outbound & WorkspaceImports => {
  const workspaces = new Map<string, MemoryWorkspace>()
  const ids: MemoryIds = { tag: 0, customer: 0 }

  const found = (workspace: string, conversation: string): { held: MemoryWorkspace; entry: MemoryConversation; customer: Customer } | undefined => {
    const held = workspaces.get(workspace)
    const entry = held?.conversations.get(conversation)
    const customer = entry === undefined ? undefined : held?.customers.get(entry.record.customerId)
    return held === undefined || entry === undefined || customer === undefined ? undefined : { held, entry, customer }
  }

  const lastOf = (entry: MemoryConversation): CustomerConversation => ({ conversation: entry.record, lastMessage: entry.messages.at(-1) })

  const listed = (entry: MemoryConversation): CustomerConversation => {
    const last = entry.messages.at(-1)
    return { conversation: entry.record, lastMessage: last === undefined ? undefined : { ...last, content: preview(last.content) } }
  }

  const rowOf = (held: MemoryWorkspace, entry: MemoryConversation, customer: Customer, reader: string) => ({
    ...lastOf(entry),
    customer,
    readCount: held.marks.get(pairKey(reader, entry.record.id))?.readCount ?? 0,
  })

  const entered = (userId: string, conversation: string): MemoryWorkspace | undefined =>
    [...workspaces.values()].find((held) => held.members.has(userId) && held.conversations.has(conversation))

  const send: Conversations['send'] = async (ask): Promise<SendResult> => {
    const at = found(ask.workspace, ask.conversation)
    if (at === undefined) return { outcome: 'not_found' }
    const { held, entry } = at
    const key = ask.key === undefined ? undefined : pairKey(ask.author ?? '', ask.key)
    const known = key === undefined ? undefined : held.keys.get(key)
    if (known !== undefined) return isSameSend(known, ask) ? { outcome: 'repeated', message: current(entry, known) } : { outcome: 'key_reused' }
    const { after } = ask
    if (after !== undefined && entry.record.lastSeq > after) {
      return { outcome: 'stale', unseen: entry.messages.filter((message) => message.seq > after).slice(0, maxUnseen) }
    }
    return { outcome: 'stored', ...storeMessage(held, entry, ask, key) }
  }

  const changed = (entry: MemoryConversation, customer: Customer, event: WorkspaceEvent): Extract<Changed, { readonly outcome: 'changed' }> =>
    ({ outcome: 'changed', row: { ...lastOf(entry), customer }, event })

  return {
    mayEnter: async (userId, conversation) => entered(userId, conversation) !== undefined,
    workspaceOf: async (userId, conversation) => entered(userId, conversation)?.workspace,
    membershipsOf: async (userId) => [...workspaces.values()].flatMap(({ workspace, members }) => {
      const member = members.get(userId)
      return member === undefined ? [] : [{ workspace, member }]
    }),

    conversations: async (ask) => {
      const { workspace, reader, filter } = ask
      const held = workspaces.get(workspace)
      if (held === undefined) return { rows: [], total: 0 }
      const matching = [...held.conversations.values()].filter((entry) => {
        const customer = held.customers.get(entry.record.customerId)
        return customer !== undefined && matchesConversation(filter, entry, customer)
      })
      const rows = conversationsSlice(matching, ask).flatMap((entry) => {
        const customer = held.customers.get(entry.record.customerId)
        return customer === undefined ? [] : [{ ...rowOf(held, entry, customer, reader), ...listed(entry) }]
      })
      return { rows, total: matching.length }
    },

    conversation: async (workspace, conversation, reader) => {
      const at = found(workspace, conversation)
      return at === undefined ? undefined : rowOf(at.held, at.entry, at.customer, reader)
    },

    customers: async (ask) => {
      const { workspace, filter } = ask
      const held = workspaces.get(workspace)
      if (held === undefined) return { rows: [], total: 0 }
      const byCustomer = byCustomerId(held.conversations.values())
      const matching = [...held.customers.values()].filter((customer) =>
        matchesCustomer(filter, customer, (byCustomer.get(customer.id) ?? []).map(({ record }) => record)))
      const onPage = customersSlice(matching, ask)
      const rows = onPage.map((customer) => ({
        customer,
        conversations: sortedConversations(byCustomer.get(customer.id) ?? [], { by: 'updatedAt', descending: true })
          .slice(0, conversationsPerCustomer(onPage.length))
          .map(listed),
      }))
      return { rows, total: matching.length }
    },

    messages: async ({ workspace, conversation, offset, limit, before, after }) => {
      const at = found(workspace, conversation)
      if (at === undefined) return { rows: [], total: 0, conversation: undefined, customer: undefined }
      const matching = at.entry.messages.filter(({ seq }) => (before === undefined || seq < before) && (after === undefined || seq > after))
      // Without `after` pages are counted from the newest message; with it, from the first one that is missing.
      const rows = after === undefined
        ? matching.slice(Math.max(0, matching.length - offset - limit), Math.max(0, matching.length - offset))
        : matching.slice(offset, offset + limit)
      return { rows, total: at.entry.messages.length, conversation: at.entry.record, customer: at.customer }
    },

    filterValues: async (workspace) => {
      const held = workspaces.get(workspace)
      const conversations = [...(held?.conversations.values() ?? [])].map(({ record }) => record)
      const customers = [...(held?.customers.values() ?? [])]
      return {
        statuses: distinct(conversations.map(({ status }) => status)),
        conversationSources: distinct(conversations.map(({ source }) => source)),
        customerSources: distinct(customers.map(({ source }) => source)),
        priorities: distinct(conversations.map(({ priority }) => priority)),
        tags: (held?.tags ?? []).toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name))),
      }
    },

    position: async (workspace) => {
      const held = workspaces.get(workspace)
      return held === undefined ? undefined : { epoch: held.workspace.epoch, offset: held.log.length }
    },

    since: async (workspace, offset, limit) => {
      const held = workspaces.get(workspace)
      if (held === undefined) return undefined
      const position = { epoch: held.workspace.epoch, offset: held.log.length }
      const reaches = offset <= held.log.length && held.log.length - offset <= limit
      return { position, events: reaches ? held.log.slice(offset) : undefined }
    },

    send,

    markRead: async ({ workspace, conversation, userId, upTo, at }) => {
      const place = found(workspace, conversation)
      if (place === undefined) return { outcome: 'not_found' }
      const { held, entry, customer } = place
      const key = pairKey(userId, conversation)
      const seq = Math.min(upTo, entry.record.lastSeq)
      if (seq <= (held.marks.get(key)?.upTo ?? 0)) return { outcome: 'unchanged' }
      const readCount = entry.messages[seq - 1]?.customerCount ?? 0
      held.marks.set(key, { upTo: seq, readCount })
      return changed(entry, customer, append(held, at, { type: 'conversation.read', conversation, userId, upTo: seq, readCount }))
    },

    markAnswered: async ({ workspace, conversation, userId, upTo, at }) => {
      const place = found(workspace, conversation)
      if (place === undefined) return { outcome: 'not_found' }
      const { held, entry, customer } = place
      const lastAi = entry.messages.findLast((message) => message.type === 'AI')?.seq ?? 0
      const until = Math.min(upTo, entry.record.status === 'active' ? lastAi : entry.record.lastSeq)
      let answered = 0
      for (const [index, message] of entry.messages.entries()) {
        if (message.seq > until || message.type !== 'customer' || message.isAnswered) continue
        entry.messages[index] = { ...message, isAnswered: true }
        answered += 1
      }
      if (answered === 0) return { outcome: 'unchanged' }
      entry.record = { ...entry.record, unansweredCount: entry.record.unansweredCount - answered }
      return changed(entry, customer, append(held, at, {
        type: 'conversation.answered', conversation: entry.record, lastMessage: entry.messages.at(-1), upTo: until, by: userId,
      }))
    },

    giveFeedback: async (ask): Promise<FeedbackResult> => {
      const held = workspaces.get(ask.workspace)
      const entry = [...(held?.conversations.values() ?? [])].find(({ messages }) => messages.some(({ id }) => id === ask.message))
      const message = entry?.messages.find(({ id }) => id === ask.message)
      if (held === undefined || entry === undefined || message === undefined) return { outcome: 'not_found' }
      if (ask.conversation !== undefined && message.conversation !== ask.conversation) return { outcome: 'not_found' }
      if (message.type !== 'AI') return { outcome: 'not_ai' }
      const feedback = { value: ask.value, comment: ask.comment, at: ask.at }
      const next: Message = { ...message, feedback }
      entry.messages[message.seq - 1] = next
      const event = append(held, ask.at, { type: 'message.feedback', message: message.id, conversation: message.conversation, feedback })
      return { outcome: 'stored', message: next, event }
    },

    update: async (ask) => {
      const place = found(ask.workspace, ask.conversation)
      if (place === undefined) return { outcome: 'not_found' }
      const { held, entry } = place
      if (typeof ask.assignee === 'string' && ask.assignee !== entry.record.assignee && !held.members.has(ask.assignee)) return { outcome: 'no_assignee' }
      const wanted: Conversation = {
        ...entry.record,
        status: ask.status ?? entry.record.status,
        priority: ask.priority ?? entry.record.priority,
        assignee: ask.assignee === undefined ? entry.record.assignee : (ask.assignee ?? undefined),
      }
      const same = wanted.status === entry.record.status && wanted.priority === entry.record.priority && wanted.assignee === entry.record.assignee
      const { workspace, tags, by, at } = ask
      const tagging = tags === undefined ? undefined : changeCustomer(held, ids, { workspace, customer: place.customer.id, tags, by, at })
      const [customer, tagged] = tagging?.outcome === 'changed' ? [tagging.customer, tagging.event] : [place.customer]
      if (same) return { outcome: 'unchanged', tagged }
      entry.record = { ...wanted, updatedAt: Math.max(wanted.updatedAt, ask.at) }
      const event = append(held, at, { type: 'conversation.changed', conversation: entry.record, lastMessage: entry.messages.at(-1) })
      return { ...changed(entry, customer, event), tagged }
    },

    ...createMemoryUpkeep(workspaces, ids),
    ...createMemoryInbound(workspaces, ids),
    ...createMemoryOutbound(workspaces),

    importWorkspace: async (data) => {
      if (workspaces.has(data.id)) return 'exists'
      workspaces.set(data.id, memoryWorkspace(data, randomUUID(), ids))
      return 'imported'
    },
  }
}

const current = (entry: MemoryConversation, message: Message): Message => entry.messages[message.seq - 1] ?? message

const byCustomerId = (entries: Iterable<MemoryConversation>): ReadonlyMap<number, readonly MemoryConversation[]> => {
  const groups = new Map<number, MemoryConversation[]>()
  for (const entry of entries) {
    const group = groups.get(entry.record.customerId)
    if (group === undefined) groups.set(entry.record.customerId, [entry])
    else group.push(entry)
  }
  return groups
}

const distinct = <T extends string | number>(values: readonly T[]): readonly T[] =>
  [...new Set(values)].toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
