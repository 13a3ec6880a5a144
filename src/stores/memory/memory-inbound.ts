import { changedCustomer } from '../../conversation/changed-customer.js'
import { conversationTitle, isSame, type Inbound, type InboundMessage } from '../../conversation/inbound-message.js'
import type { WorkspaceEvent } from '../../conversation/log.js'
import { publicId } from '../../conversation/public-id.js'
import type { Customer } from '../../conversation/records.js'
import { storeMessage } from './memory-messages.js'
import { append, pairKey, type MemoryConversation, type MemoryIds, type MemoryWorkspace } from './memory-workspace.js'

const newCustomer = ({ source, customer, at }: InboundMessage, id: number): Customer => ({
  id,
  firstName: customer.firstName ?? undefined,
  lastName: customer.lastName ?? undefined,
  username: customer.username ?? undefined,
  email: customer.email ?? undefined,
  phoneNumber: customer.phoneNumber ?? undefined,
  description: undefined,
  source,
  sourceId: customer.sourceId,
  profilePicture: undefined,
  tags: [],
  data: {},
  createdAt: at,
  updatedAt: at,
})

const openConversation = (held: MemoryWorkspace, { source, aiAnswers, at }: InboundMessage, customer: Customer): MemoryConversation => {
  const [known] = [...held.conversations.values()]
    .filter(({ record }) => record.customerId === customer.id && record.source === source && record.status !== 'closed')
    .toSorted((a, b) => b.record.updatedAt - a.record.updatedAt || (a.record.id < b.record.id ? 1 : -1))
  if (known !== undefined) return known
  const id = publicId()
  const made: MemoryConversation = {
    record: {
      id, customerId: customer.id, title: conversationTitle(source, customer), status: aiAnswers ? 'active' : 'support_active', isActive: true, source,
      priority: 1, assignee: undefined, createdAt: at, updatedAt: at, lastSeq: 0, customerCount: 0, unansweredCount: 0,
    },
    messages: [],
  }
  held.conversations.set(id, made)
  return made
}

/** What customers write elsewhere, over workspaces held in this process; every owner there wants the AI to answer. */
export const createMemoryInbound = (workspaces: ReadonlyMap<string, MemoryWorkspace>, ids: MemoryIds): Inbound => ({
  receive: async (ask) => {
    const held = workspaces.get(ask.workspace)
    if (held === undefined) return { outcome: 'no_workspace' }
    const known = [...held.customers.values()].find(({ source, sourceId }) => source === ask.source && sourceId === ask.customer.sourceId)
    const told = known === undefined ? undefined : held.keys.get(pairKey(`customer:${String(known.id)}`, ask.key))
    if (told !== undefined) return isSame(told, ask) ? { outcome: 'repeated', message: told } : { outcome: 'key_reused' }
    const events: WorkspaceEvent[] = []
    const wanted = known === undefined ? newCustomer(ask, (ids.customer += 1)) : changedCustomer(known, ask.customer, undefined, ask.at)
    if (wanted !== undefined) {
      held.customers.set(wanted.id, wanted)
      events.push(append(held, ask.at, { type: 'customer.changed', customer: wanted }))
    }
    const customer = wanted ?? known
    if (customer === undefined) throw new Error('The customer who was made is not there')
    const entry = openConversation(held, ask, customer)
    const { message, event } = storeMessage(held, entry, { ...ask, type: 'customer', author: undefined }, pairKey(`customer:${String(customer.id)}`, ask.key))
    return { outcome: 'stored', message, status: entry.record.status, events: [...events, event] }
  },
})
