import { expect, test } from 'vitest'
import { page, tokenFor, type GateServer, type HandshakeParts } from './gate-server.js'
import { gateServers } from './gate-servers.js'

const start = gateServers({ carriers: ['header', 'subprotocol', 'query', 'cookie'], cookieName: 'chat', origins: [page], refusals: 'http' })

const statusOf = async (server: GateServer, parts: HandshakeParts): Promise<number | undefined> => {
  const client = await server.knock(parts)
  return (await client.until((answer) => answer.bodyIsWhole || answer.texts.length > 0)).status
}

test('[A27] a page of ours is let in by its cookie, and D1, D5: another page and a program are not, however good the cookie', async () => {
  const server = await start()
  const lines = [`Cookie: theme=dark; chat=${await tokenFor()}`]
  expect(await statusOf(server, { lines, origin: page })).toBe(101)
  expect(await statusOf(server, { lines, origin: 'https://evil.example' })).toBe(403)
  expect(await statusOf(server, { lines, origin: 'null' })).toBe(403)
  expect(await statusOf(server, { lines })).toBe(401)
})

test('[A27] D1, D5: a token that is given on purpose wins over a cookie, which is not even looked at', async () => {
  const server = await start()
  const client = await server.enter({ lines: ['Cookie: chat=nonsense'], origin: page, token: await tokenFor({ subject: '2' }) })
  expect(client.received).toContain('"user":"2"')
  expect(await statusOf(server, { lines: ['Cookie: chat=nonsense'], origin: page })).toBe(401)
})

test('[A27] a list of Origins in dry-run still keeps another page from using a cookie', async () => {
  const server = await start({ dryRun: ['origin'] })
  const token = await tokenFor()
  expect(await statusOf(server, { token, origin: 'https://evil.example' })).toBe(101)
  expect(await statusOf(server, { lines: [`Cookie: chat=${token}`], origin: 'https://evil.example' })).toBe(403)
})
