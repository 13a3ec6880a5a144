import { describe, expect, test } from 'vitest'
import { StoreUnavailable } from '../../dist/admission/store-unavailable.js'
import { makeStage, type Stage } from './stage.js'

/** Nobody is followed any more when a poll asks the store nothing. */
const followsNobody = async (stage: Stage): Promise<void> => {
  stage.fail(new StoreUnavailable('sqlite', 'away'))
  await stage.feed.poll()
  expect(stage.failures).toEqual([])
}

describe('a socket that closes', () => {
  test('after it has been served leaves nothing behind', async () => {
    const stage = await makeStage()
    const [id = ''] = await stage.ids()
    const clients = await Promise.all([
      stage.open({ endpoint: 'conversations' }), stage.open({ endpoint: 'customers' }), stage.open({ endpoint: 'chat', conversation: id }),
      stage.open({ endpoint: 'conversations', dialect: 'sallyport.v1' }), stage.open({ endpoint: 'chat', conversation: id, dialect: 'sallyport.v1' }),
    ])
    for (const client of clients) {
      client.close()
      client.close()
    }
    await followsNobody(stage)
  })

  test.each([
    ['classic.v2', 'conversations', 'conversations'], ['classic.v2', 'customers', 'customers'], ['classic.v2', 'chat', 'messages'],
    ['sallyport.v1', 'conversations', 'conversations'], ['sallyport.v1', 'chat', 'messages'], ['classic.v2', 'chat', 'workspaceOf'],
    ['classic.v2', 'conversations', 'membershipsOf'], ['sallyport.v1', 'conversations', 'membershipsOf'], ['sallyport.v1', 'chat', 'position'],
  ] as const)('while %s on %s waits for %s leaves nothing behind', async (dialect, endpoint, question) => {
    const stage = await makeStage()
    const [id = ''] = await stage.ids()
    const ask: (...args: never[]) => Promise<unknown> = stage.conversations[question]
    let gone: Promise<void> | undefined
    Object.assign(stage.conversations, {
      [question]: async (...args: never[]) => {
        const answer = await ask(...args)
        gone ??= Promise.resolve().then(() => stage.closeAll())
        await gone
        return answer
      },
    })
    await stage.open({ dialect, endpoint, conversation: endpoint === 'chat' ? id : undefined })
    expect(gone).toBeDefined()
    await followsNobody(stage)
  })

  test('while a command of it is being done leaves nothing behind', async () => {
    const stage = await makeStage()
    const client = await stage.open({ endpoint: 'root', dialect: 'sallyport.v1' })
    const page = stage.conversations.customers
    Object.assign(stage.conversations, {
      customers: (ask: Parameters<typeof page>[0]) => {
        client.close()
        return page(ask)
      },
    })
    expect(await client.ask({ id: 1, type: 'subscribe', topic: 'customers' })).toEqual([])
    await followsNobody(stage)
  })
})
