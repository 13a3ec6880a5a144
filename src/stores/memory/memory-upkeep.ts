import { changedCustomer, ownTagNames } from '../../conversation/changed-customer.js'
import type { Tag } from '../../conversation/records.js'
import type { CustomerChanged, CustomerUpdateAsk, Upkeep } from '../../conversation/upkeep.js'
import { append, type MemoryIds, type MemoryWorkspace } from './memory-workspace.js'

const take = (held: MemoryWorkspace, conversation: string): void => {
  held.conversations.delete(conversation)
  for (const key of held.marks.keys()) if (key.endsWith(`\0${conversation}`)) held.marks.delete(key)
  const left = held.outbound.filter((queued) => queued.conversation !== conversation)
  held.outbound.splice(0, held.outbound.length, ...left)
  for (const [key, message] of held.keys) if (message.conversation === conversation) held.keys.delete(key)
}

const tagOf = (held: MemoryWorkspace, ids: MemoryIds, name: string, createdBy: string, createdAt: number): Tag => {
  const known = held.tags.find((tag) => tag.name === name)
  if (known !== undefined) return known
  const made: Tag = { id: (ids.tag += 1), name, createdAt, createdBy: held.members.has(createdBy) ? createdBy : undefined }
  held.tags.push(made)
  return made
}

/** Changes a customer of a workspace, in one turn with whatever else its caller changes. */
export const changeCustomer = (held: MemoryWorkspace | undefined, ids: MemoryIds, ask: CustomerUpdateAsk): CustomerChanged => {
  const known = held?.customers.get(ask.customer)
  if (held === undefined || known === undefined) return { outcome: 'not_found' }
  const tags = ask.tags === undefined ? undefined : ownTagNames(ask.tags).map((name) => tagOf(held, ids, name, ask.by, ask.at))
  const customer = changedCustomer(known, ask, tags, ask.at)
  if (customer === undefined) return { outcome: 'unchanged' }
  held.customers.set(customer.id, customer)
  return { outcome: 'changed', customer, event: append(held, ask.at, { type: 'customer.changed', customer }) }
}

/** What is changed by hand and taken away, over workspaces held in this process. */
export const createMemoryUpkeep = (workspaces: ReadonlyMap<string, MemoryWorkspace>, ids: MemoryIds): Upkeep => ({
  updateCustomer: async (ask) => changeCustomer(workspaces.get(ask.workspace), ids, ask),
  deleteConversation: async ({ workspace, conversation, by, at }) => {
    const held = workspaces.get(workspace)
    if (held === undefined || !held.conversations.has(conversation)) return { outcome: 'not_found' }
    take(held, conversation)
    return { outcome: 'deleted', event: append(held, at, { type: 'conversation.deleted', conversation, by }) }
  },
  deleteCustomer: async ({ workspace, customer, by, at }) => {
    const held = workspaces.get(workspace)
    if (held === undefined || !held.customers.delete(customer)) return { outcome: 'not_found' }
    const conversations = [...held.conversations.values()].filter(({ record }) => record.customerId === customer).map(({ record }) => record.id).toSorted()
    for (const conversation of conversations) take(held, conversation)
    return { outcome: 'deleted', event: append(held, at, { type: 'customer.deleted', customer, conversations, by }) }
  },
})
