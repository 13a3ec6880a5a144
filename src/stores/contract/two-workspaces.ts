import assert from 'node:assert/strict'
import type { Conversations } from '../../conversation/conversations.js'
import type { ConversationsAsk, CustomersAsk } from '../../conversation/lists.js'
import type { InboundMessage } from '../../conversation/inbound-message.js'
import type { ImportedConversation, ImportedMessage, WorkspaceImport, WorkspaceImports } from '../../conversation/workspace-import.js'

/** What these sentences are about. */
export type Subject = Conversations & WorkspaceImports

export const day = 86_400_000
export const t0 = Date.UTC(2026, 2, 1)

export const message = (id: string, type: ImportedMessage['type'], content: string, at: number, rest: Partial<ImportedMessage> = {}): ImportedMessage => ({
  id, type, content, author: type === 'support' ? '1' : undefined, contentType: 'text', mediaUrl: undefined, isAnswered: false, feedback: 'none',
  feedbackComment: '', feedbackAt: undefined, createdAt: at, ...rest,
})

export const conversation = (id: string, customer: number, at: number, rest: Partial<ImportedConversation> = {}): ImportedConversation => ({
  id, customer, title: `title of ${id}`, status: 'support_active', isActive: true, source: 'telegram', priority: 1, assignee: undefined,
  createdAt: at, updatedAt: at, messages: [message(`${id}a`, 'customer', `hello from ${id}`, at)], ...rest,
})

export const person = (index: number, firstName: string | undefined, tags: readonly string[]): WorkspaceImport['customers'][number] => ({
  firstName, lastName: 'Doe', username: `user${String(index)}`, email: index % 2 === 0 ? `c${String(index)}@example.com` : undefined,
  phoneNumber: index === 1 ? '' : undefined, description: undefined, source: index === 2 ? 'instagram' : 'telegram', sourceId: `s${String(index)}`,
  profilePicture: undefined, tags, data: { place: index }, createdAt: t0 + index * day, updatedAt: t0 + index * day,
})

/** Three customers, four conversations: c1 waits, c2 is closed, c3 is the AI's, c4 has no message. */
export const first: WorkspaceImport = {
  id: '1', name: 'First', createdAt: t0,
  members: [
    { userId: '1', email: 'one@example.com', username: 'one', firstName: 'One', lastName: 'A', role: 'owner', active: true },
    { userId: '2', email: 'two@example.com', username: 'two', firstName: 'Two', lastName: 'B', role: 'agent', active: true },
  ],
  tags: [
    { name: 'VIP', createdAt: t0, createdBy: '1' },
    { name: 'New', createdAt: t0, createdBy: undefined },
  ],
  customers: [person(0, 'Zoë', ['VIP', 'New']), person(1, 'كاظم', ['New']), person(2, undefined, [])],
  conversations: [
    conversation('c1', 0, t0 + day, { priority: 3 }),
    conversation('c2', 0, t0 + 2 * day, { status: 'closed', messages: [message('c2a', 'customer', '100% sure_thing', t0, { isAnswered: true })] }),
    conversation('c3', 1, t0 + 3 * day, {
      status: 'active', source: 'instagram', title: 'سفارش ۱۲',
      messages: [
        message('c3a', 'customer', 'one', t0), message('c3b', 'customer', 'two', t0), message('c3c', 'AI', 'answer', t0),
        message('c3d', 'customer', 'three', t0),
      ],
    }),
    conversation('c4', 2, t0 + 3 * day, { messages: [] }),
  ],
}

export const second: WorkspaceImport = {
  id: '2', name: 'Second', createdAt: t0,
  members: [{ userId: '5', email: 'five@example.com', username: 'five', firstName: 'Five', lastName: 'E', role: 'owner', active: true }],
  tags: [{ name: 'VIP', createdAt: t0, createdBy: '5' }],
  customers: [person(0, 'Zoë', ['VIP'])],
  conversations: [conversation('d1', 0, t0)],
}

export const given = async (make: () => Subject | Promise<Subject>): Promise<Subject> => {
  const store = await make()
  assert.equal(await store.importWorkspace(first), 'imported')
  assert.equal(await store.importWorkspace(second), 'imported')
  return store
}

export const inbox = (rest: Partial<ConversationsAsk> = {}): ConversationsAsk => ({
  workspace: '1', reader: '1', filter: {}, order: { by: 'updatedAt', descending: true }, offset: 0, limit: 50, ...rest,
})

export const people = (rest: Partial<CustomersAsk> = {}): CustomersAsk => ({
  workspace: '1', filter: {}, order: { by: 'createdAt', descending: true }, offset: 0, limit: 50, ...rest,
})

export const idsOf = async (store: Subject, rest: Partial<ConversationsAsk> = {}): Promise<readonly string[]> =>
  (await store.conversations(inbox(rest))).rows.map((row) => row.conversation.id)

export const namesOf = async (store: Subject, rest: Partial<CustomersAsk> = {}): Promise<readonly (string | undefined)[]> =>
  (await store.customers(people(rest))).rows.map(({ customer }) => customer.firstName)

export const at = t0 + 30 * day

export const write = (rest: Partial<Parameters<Subject['send']>[0]> = {}): Parameters<Subject['send']>[0] => ({
  workspace: '1', conversation: 'c1', type: 'support', author: '1', key: undefined, content: 'hi', after: undefined, at, ...rest,
})

export const inbound = (rest: Partial<InboundMessage> = {}): InboundMessage => ({
  workspace: '1', source: 'telegram', customer: { sourceId: 'n1', firstName: 'Ada', username: 'ada' }, key: 'm1', content: 'hello', contentType: 'text',
  mediaUrl: undefined, aiAnswers: false, at, ...rest,
})
