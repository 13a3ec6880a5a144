import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import { bearer, refused } from './knock.js'
import { serve, temporaryFolder } from './run-cli.js'

const secret = randomBytes(64).toString('base64url')

test('[A17] I8 P6: where the database of users hangs, newcomers are refused in time and with its name, readiness and log say so, and the node stays in', async () => {
  const hung = createServer((socket) => socket.on('error', () => undefined))
  await new Promise<void>((resolve) => hung.listen(0, '127.0.0.1', resolve))
  const address = hung.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port')
  const { cwd, remove } = await temporaryFolder()
  try {
    const url = `postgres://reader@127.0.0.1:${String(address.port)}/app`
    const server = await serve(['serve'], cwd, { SALLYPORT_TOKENS_SECRET: secret, SALLYPORT_USERS_URL: url, SALLYPORT_USERS_QUERY: 'select id, active from people where id = $1' })
    try {
      const token = await mintToken({ profile: 'standard', algorithm: 'HS512', secret, subject: '1', lifetimeMs: 600_000, at: Date.now() })
      const readiness = async (): Promise<unknown> => {
        const response = await fetch(`${server.internalUrl}/readyz`)
        return { status: response.status, body: await response.json() }
      }
      const knock = () => refused(`${server.socketUrl}/ws/`, bearer(token))
      await expect.poll(async () => {
        expect(await knock()).toMatchObject({ status: 503, code: 'dependency_unavailable' })
        return server.stdout()
      }).toMatch(/"store":"users","state":"away"/)
      expect(await readiness()).toMatchObject({ status: 200, body: { ready: true, checks: { storage: 'ok', users: 'failing' } } })
      const { decisionId } = await knock()
      expect((await server.run(['explain', decisionId])).stdout).toMatch(/users/)
    } finally {
      const { stdout } = await server.stop()
      expect(stdout.match(/"store":"users"/g)).toHaveLength(1)
    }
  } finally {
    hung.close()
    await remove()
  }
})
