import { describe, expect, test } from 'vitest'
import { sampleWorkspace } from '../../server/seed/sample-workspace.js'
import { otherMembers, seed } from '../../server/seed/seed.js'
import { conversationsContract } from '../contract/conversations-contract.js'
import { createMemoryConversations } from './memory-conversations.js'

describe('memory keeps the contract of conversations', () => {
  test.each(conversationsContract)('$name', ({ run }) => run(createMemoryConversations))
})

describe('the sample', () => {
  const size = { id: '2', name: 'Sample', members: otherMembers, customers: 4, conversations: 6, at: Date.UTC(2026, 4, 1) }

  test('is the same for the same size and time, ids included', () => {
    expect(sampleWorkspace(size)).toEqual(sampleWorkspace(size))
  })

  test('happened before now, and every id is unlike all others', async () => {
    const workspace = sampleWorkspace({ ...size, customers: 40, conversations: 200 })
    const ids = workspace.conversations.flatMap(({ id, messages }) => [id, ...messages.map((message) => message.id)])
    expect(new Set(ids).size).toBe(ids.length)
    expect(workspace.conversations.every(({ createdAt, updatedAt }) => createdAt <= updatedAt && updatedAt <= size.at)).toBe(true)
  })

  test('a second seed changes nothing', async () => {
    const store = createMemoryConversations()
    expect((await seed(store, { at: size.at })).workspaces).toHaveLength(2)
    await store.send({
      workspace: '1', conversation: (await firstId(store)), type: 'support', author: '1', key: undefined, content: 'mine', after: undefined, at: size.at,
    })
    expect((await seed(store, { at: size.at + 1 })).workspaces).toEqual([])
    expect((await store.position('1'))?.offset).toBe(1)
  })
})

const firstId = async (store: ReturnType<typeof createMemoryConversations>): Promise<string> => {
  const { rows } = await store.conversations({
    workspace: '1', reader: '1', filter: {}, order: { by: 'updatedAt', descending: true }, offset: 0, limit: 1,
  })
  return rows[0]?.conversation.id ?? ''
}
