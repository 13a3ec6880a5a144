import { describe, test } from 'vitest'
import { conversationsContract } from '../contract/conversations-contract.js'
import { createMemoryConversations } from './memory-conversations.js'

describe('memory keeps the contract of conversations', () => {
  test.each(conversationsContract)('$name', ({ run }) => run(createMemoryConversations))
})
