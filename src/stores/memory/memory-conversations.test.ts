import { describe, test } from 'vitest'
import { conversationsContract } from '../contract/conversations-contract.js'
import { outboundContract } from '../contract/outbound-contract.js'
import { createMemoryConversations } from './memory-conversations.js'

describe('memory keeps the contract of conversations', () => {
  test.each(conversationsContract)('$name', ({ run }) => run(createMemoryConversations))
})

describe('memory keeps the contract of outbound messages', () => {
  test.each(outboundContract)('$name', ({ run }) => run(createMemoryConversations))
})
