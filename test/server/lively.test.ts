import { expect, test } from 'vitest'
import { bearer, opened } from './knock.js'
import { printedTokens, serve, temporaryFolder } from './run-cli.js'

test('dev --lively lets sample customers write by themselves, and ends with the server', async () => {
  const { cwd, remove } = await temporaryFolder()
  const server = await serve(['dev', '--lively'], cwd, { SALLYPORT_LOG_LEVEL: 'error' })
  try {
    const list = await opened(`${server.socketUrl}/ws/conversations/`, bearer(printedTokens(server)[0] ?? ''))
    for (let lists = 0; lists < 3; ) if ((await list.next()).type === 'conversations_list') lists += 1
    const { code, stdout } = await server.stop()
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
  } finally {
    await server.stop()
    await remove()
  }
})
