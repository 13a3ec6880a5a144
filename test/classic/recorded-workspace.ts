import { openSqlite } from '../../dist/stores/sqlite/engine.js'
import { migrate } from '../../dist/stores/sqlite/migrate.js'
import { createSqliteConversations } from '../../dist/stores/sqlite/sqlite-conversations.js'
import type { ImportedConversation, ImportedMessage, WorkspaceImport } from '../../dist/conversation/workspace-import.js'

const t0 = Date.UTC(2026, 10, 23, 6, 30, 58)

/** Microseconds as the old service had them, never zero. */
const later = (ms: number): number => t0 + ms + 0.123

const message = (conversation: number, place: number, type: 'customer' | 'AI'): ImportedMessage => ({
  id: `m${String(conversation)}_${String(place)}`, type, author: undefined, content: `m${String(place)} سلام`, contentType: 'text', mediaUrl: undefined,
  isAnswered: false, feedback: 'none', feedbackComment: '', feedbackAt: undefined, createdAt: later(100 * conversation + 20 + place),
})

const conversation = (place: number, status: ImportedConversation['status'], source: string, messages: number, updatedAt: number): ImportedConversation => ({
  id: `conv${String(place)}`, customer: place, title: `${source} - Cust${String(place)} L (@cust${String(place)}) | ${source}`, status, isActive: true, source,
  priority: 1, assignee: undefined, createdAt: later(100 * place + 10), updatedAt: later(updatedAt),
  messages: Array.from({ length: messages }, (_, index) => message(place, index, index % 2 === 0 ? 'customer' : 'AI')),
})

const customer = (place: number, source: string, email: string | undefined, phoneNumber: string, tags: readonly string[]): WorkspaceImport['customers'][number] => ({
  firstName: `Cust${String(place)}`, lastName: 'L', username: `cust${String(place)}`, email, phoneNumber, description: undefined, source,
  sourceId: `s${String(place)}`, profilePicture: 'https://media.example/media/customer_img/default.png', tags, data: {},
  createdAt: later(100 * place), updatedAt: later(100 * place + 1),
})

/** The data the sessions were recorded on: one agent, three customers with a conversation each. */
export const recordedWorkspace: WorkspaceImport = {
  id: '1', name: 'Recorded', createdAt: t0 - 1_000,
  members: [{ userId: '2', email: 'agent@example.com', username: 'agent', firstName: 'A', lastName: 'Gent', role: 'owner', active: true }],
  tags: ['VIP', 'Telegram', 'New'].map((name) => ({ name, createdAt: t0 - 1 + 0.123, createdBy: undefined })),
  customers: [
    customer(0, 'telegram', 'c@x.io', '', ['VIP', 'Telegram', 'New']),
    customer(1, 'telegram', undefined, '+1', ['VIP', 'Telegram']),
    customer(2, 'instagram', undefined, '', ['VIP', 'Telegram']),
  ],
  conversations: [
    conversation(0, 'active', 'telegram', 2, 8_000),
    conversation(1, 'support_active', 'telegram', 3, 9_000),
    conversation(2, 'closed', 'instagram', 4, 215),
  ],
}

/** Writes workspaces into a new database. */
export const fillDatabase = async (path: string, workspaces: readonly WorkspaceImport[]): Promise<void> => {
  const engine = await openSqlite({ path })
  await migrate(engine)
  for (const workspace of workspaces) await createSqliteConversations(engine).importWorkspace(workspace)
  await engine.close()
}
