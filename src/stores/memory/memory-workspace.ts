import type { WorkspaceChange, WorkspaceEvent } from '../../conversation/log.js'
import type { Conversation, Customer, Member, Message, Tag, Workspace } from '../../conversation/records.js'
import type { WorkspaceImport } from '../../conversation/workspace-import.js'

/** One conversation with all its messages; the message of `seq` n lies at n - 1. */
export interface MemoryConversation {
  record: Conversation
  readonly messages: Message[]
}

/** How far one user has read one conversation. */
export interface ReadMark {
  readonly upTo: number
  readonly readCount: number
}

/** A message on its way to the customer. */
export interface QueuedMessage {
  readonly message: string
  readonly conversation: string
  readonly source: string
  queuedAt: number
  attempts: number
  dueAt: number
}

/** Everything of one workspace. */
export interface MemoryWorkspace {
  readonly workspace: Workspace
  readonly members: ReadonlyMap<string, Member>
  readonly tags: Tag[]
  readonly customers: Map<number, Customer>
  readonly conversations: Map<string, MemoryConversation>
  /** By user id and conversation id. */
  readonly marks: Map<string, ReadMark>
  /** By author and client key. */
  readonly keys: Map<string, Message>
  readonly log: WorkspaceEvent[]
  /** In the order in which they were queued. */
  readonly outbound: QueuedMessage[]
}

/** Numbers that all workspaces share, as one database would. */
export interface MemoryIds {
  tag: number
  customer: number
}

/** The name of a pair in a map; user ids and keys hold no U+0000. */
export const pairKey = (left: string, right: string): string => `${left}\0${right}`

export const append = (held: MemoryWorkspace, at: number, change: WorkspaceChange): WorkspaceEvent => {
  const event = { workspace: held.workspace.id, offset: held.log.length + 1, at, change }
  held.log.push(event)
  return event
}

/** Builds a workspace from an import. */
export const memoryWorkspace = (data: WorkspaceImport, epoch: string, ids: MemoryIds): MemoryWorkspace => {
  const tags = data.tags.map((tag): Tag => ({ id: (ids.tag += 1), ...tag }))
  const byName = new Map(tags.map((tag) => [tag.name, tag]))
  const customers = data.customers.map((customer): Customer => ({
    ...customer,
    id: (ids.customer += 1),
    tags: customer.tags.flatMap((name) => byName.get(name) ?? []),
  }))
  const conversations = data.conversations.map(({ messages: imported, customer, ...rest }): MemoryConversation => {
    let customerCount = 0
    const messages = imported.map(({ feedback, feedbackComment, feedbackAt, ...message }, index): Message => ({
      ...message,
      conversation: rest.id,
      seq: index + 1,
      customerCount: (customerCount += message.type === 'customer' ? 1 : 0),
      isAiResponse: message.type === 'AI',
      mediaFile: message.mediaFile,
      transcription: message.transcription,
      processingStatus: message.processingStatus ?? 'completed',
      feedback: { value: feedback, comment: feedbackComment, at: feedbackAt },
    }))
    const customerId = customers[customer]?.id
    if (customerId === undefined) throw new RangeError(`Cannot import a conversation as "customer" must be a place in "customers": current value is ${String(customer)}`)
    const unansweredCount = messages.filter((message) => message.type === 'customer' && !message.isAnswered).length
    return { record: { ...rest, customerId, lastSeq: messages.length, customerCount, unansweredCount }, messages }
  })
  return {
    workspace: { id: data.id, name: data.name, epoch },
    members: new Map(data.members.map(({ userId, role }) => [userId, { userId, role, workspace: data.id }])),
    tags,
    customers: new Map(customers.map((customer) => [customer.id, customer])),
    conversations: new Map(conversations.map((conversation) => [conversation.record.id, conversation])),
    marks: new Map(),
    keys: new Map(),
    log: [],
    outbound: [],
  }
}
