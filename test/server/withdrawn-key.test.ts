import { afterAll, describe, expect, test } from 'vitest'
import { createIssuerKey, startKeyServer, type KeyServer } from '../../dist/admission/token/testing/key-server.js'
import { bearer, knock } from './knock.js'
import { seedFolder, serve, temporaryFolder, type Serving } from './run-cli.js'

const statusOf = async (server: Serving, token: string): Promise<number> => {
  const answer = await knock(`${server.socketUrl}/ws/`, bearer(token))
  if ('close' in answer) await answer.close()
  return answer.status
}

describe('a running server', () => {
  let keyServer: KeyServer
  afterAll(() => keyServer.close())

  test('[K6] asks the sockets of a key that its issuer has withdrawn, and refuses the key at once', async () => {
    const [first, second] = [createIssuerKey('first'), createIssuerKey('second')]
    keyServer = await startKeyServer(first)
    const folder = await temporaryFolder()
    await seedFolder(folder.cwd)
    const env = { SALLYPORT_REFUSALS: 'http', SALLYPORT_TOKENS_JWKS_URL: `${keyServer.url}/keys`, SALLYPORT_TOKENS_ALGORITHMS: 'ES256', SALLYPORT_TOKENS_ISSUER: 'https://id.example' }
    const server = await serve(['serve'], folder.cwd, env)
    const claims = { iss: 'https://id.example', sub: '1', exp: Math.floor(Date.now() / 1000) + 600 }
    const live = await knock(`${server.socketUrl}/ws/`, { protocols: ['sallyport.v1', `sallyport.bearer.${first.sign(claims)}`] })
    if (!('next' in live)) throw new Error('A good token was refused')
    expect(await live.next()).toMatchObject({ type: 'welcome' })
    keyServer.serve(second)
    expect(await statusOf(server, second.sign(claims))).toBe(101)
    expect(await statusOf(server, first.sign(claims))).toBe(401)
    expect(await live.next()).toMatchObject({ type: 'session.expiring', code: 'token_expired' })
    expect(await live.closed).toMatchObject({ code: 4401 })
    await server.stop()
    await folder.remove()
  })
})
