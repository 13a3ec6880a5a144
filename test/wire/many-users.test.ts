import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { startGateServer, testSecret } from './gate-server.js'
import { mintToken } from '../../dist/admission/token/mint-token.js'
import { createVerifier } from '../../dist/admission/token/create-verifier.js'

const users = 1_000
const atOnce = 50

test('[T11] A9 V15: of 1,000 tokens that differ in their user only, fifty at once and three times each, every socket is that of its own user', async () => {
  // All minted at one moment: equal in aud, iss, iat and exp, and of one key.
  const at = Date.now()
  const ids = Array.from({ length: users }, (_, index) => `user-${String(index)}`)
  const tokens = await Promise.all(ids.map((subject) => mintToken({ profile: 'standard', algorithm: 'HS512', secret: testSecret, kid: 'k', subject, lifetimeMs: 3_600_000, at })))
  const server = await startGateServer({
    issuers: [{ profile: 'standard', algorithms: ['HS512'], keys: [{ kid: 'k', secret: testSecret }] }],
    lookupUser: (id) => ({ id, active: true }),
  })
  try {
    const greetedAs = async (token: string): Promise<string | undefined> => {
      const client = await server.enter({ token })
      const { texts } = await client.until(({ texts: said }) => said.length > 0)
      client.end()
      return /"user":"([^"]+)"/.exec(texts[0] ?? '')?.[1]
    }
    // Each wave takes users that lie far apart, so that what is new and what is remembered are verified side by side.
    for (let first = 0; first < users; first += atOnce) {
      const wave = Array.from({ length: atOnce }, (_, index) => (first + index * 21) % users)
      const twice = [...wave, ...wave.toReversed()]
      expect(await Promise.all(twice.map((index) => greetedAs(tokens[index] ?? '')))).toEqual(twice.map((index) => ids[index]))
    }
  } finally {
    await server.close()
  }
})

test('[T11] A9: a token that ends while it is remembered is refused at once', async () => {
  const verifier = await createVerifier({ issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }] })
  const at = Date.UTC(2026, 5, 1)
  const token = await mintToken({ profile: 'standard', algorithm: 'HS512', secret: testSecret, subject: randomUUID(), lifetimeMs: 60_000, at })
  expect(await verifier.verify(token, at)).toMatchObject({ ok: true, cached: false })
  expect(await verifier.verify(token, at + 59_999)).toMatchObject({ ok: true, cached: true })
  expect(await verifier.verify(token, at + 60_000)).toMatchObject({ ok: false, fault: 'expired' })
})
