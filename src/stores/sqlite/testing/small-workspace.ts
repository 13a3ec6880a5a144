import type { WorkspaceImport } from '../../../conversation/workspace-import.js'

/** A workspace of one customer and so many conversations, each with one message that says hello; every second one is closed. */
export const sampleOf = (id: string, conversations: number): WorkspaceImport => ({
  id, name: `Workspace ${id}`, createdAt: 0, tags: [{ name: 'VIP', createdAt: 0, createdBy: undefined }],
  members: [{ userId: `u${id}`, email: `${id}@example.com`, username: `u${id}`, firstName: 'U', lastName: 'U', role: 'owner', active: true }],
  customers: [{
    firstName: 'Ada', lastName: undefined, username: undefined, email: undefined, phoneNumber: undefined, description: undefined, source: 'telegram',
    sourceId: '1', profilePicture: undefined, tags: ['VIP'], data: {}, createdAt: 0, updatedAt: 0,
  }],
  conversations: Array.from({ length: conversations }, (_, index) => ({
    id: `c${String(index)}`, customer: 0, title: `t${String(index % 7)}`, status: index % 2 === 0 ? 'active' : 'closed', isActive: true, source: 'telegram',
    priority: 1, assignee: undefined, createdAt: index, updatedAt: index,
    messages: [{
      id: `c${String(index)}m`, type: 'customer', author: undefined, content: `Hello ${String(index)}`, contentType: 'text', mediaUrl: undefined,
      isAnswered: false, feedback: 'none', feedbackComment: '', feedbackAt: undefined, createdAt: index,
    }],
  })),
})
