import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createVerifier, type VerifierOptions } from '../../dist/admission/token/create-verifier.js'
import { createIssuerKey, json, startKeyServer, type KeyServer } from '../../dist/admission/token/testing/key-server.js'
import { isProfileName } from '../../dist/admission/token/profiles.js'
import { bearer, knock } from '../server/knock.js'
import { runToEnd, serve, temporaryFolder } from '../server/run-cli.js'

const root = new URL('../../', import.meta.url)
const read = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8')
const secret = 'a-secret-for-the-page-of-issuers-7Kd'.padEnd(64, 'q8Rt2')

let server: KeyServer
const key = createIssuerKey('k1', 'RS256')
beforeAll(async () => {
  server = await startKeyServer()
  server.answer = (request, response) => {
    const answer = request.url === '/keys' ? { keys: [key.jwk] } : { issuer: server.url, jwks_uri: `${server.url}/keys` }
    json(answer)(request, response)
  }
})
afterAll(() => server.close())

test('the five lines of the README serve the tokens of an OpenID provider', async () => {
  const lines = (await read('examples/issuer/serve.sh')).trim().split('\n')
  expect(lines).toHaveLength(5)
  // The provider of the example is played by a server of this test.
  const env = Object.fromEntries(lines.flatMap((line) => [...line.matchAll(/^export (\w+)=(\S+)$/g)].map(([, name = '', value = '']) => [name, value.replace('https://id.example', server.url)])))
  const commands = lines.flatMap((line) => [...line.matchAll(/(?:^|&& )node dist\/cli\/main\.js ([^&]+)/g)].map(([, words = '']) => words.trim().split(' ')))
  const folder = await temporaryFolder()
  const start = commands.at(-1) ?? []
  for (const command of commands.slice(0, -1)) expect((await runToEnd(command, folder.cwd, env)).code).toBe(0)
  const gate = await serve(start, folder.cwd, env)
  try {
    const claims = { iss: server.url, sub: '248289761001', aud: 'https://chat.example', exp: Math.floor(Date.now() / 1000) + 60 }
    const statusOf = async (token: string): Promise<number> => (await knock(`${gate.socketUrl}/ws/`, bearer(token))).status
    expect(await statusOf(key.sign(claims))).toBe(101)
    expect(await statusOf(key.sign({ ...claims, aud: 'https://other.example' }))).toBe(401)
    expect(await statusOf(createIssuerKey('k1', 'RS256').sign(claims))).toBe(401)
  } finally {
    await gate.stop()
    await folder.remove()
  }
})

/** The issuer a line of the page shows; each value is a text in single quotes, a list of such, or the name `secret`. */
const issuerOf = (text: string): VerifierOptions['issuers'][number] => {
  const member = (name: string): string | undefined => new RegExp(`\\b${name}: '([^']+)'`).exec(text)?.[1]
  const profile = member('profile') ?? ''
  if (!isProfileName(profile)) throw new Error(`There is no profile ${profile}`)
  const local = (address: string | undefined): string | undefined => address?.replace(/^https:\/\/[^/]+/, server.url)
  const algorithm = /algorithms: \['(HS256|ES256)'\]/.exec(text)?.[1]
  return {
    profile,
    ...(algorithm === 'HS256' || algorithm === 'ES256' ? { algorithms: [algorithm] } : {}),
    ...(/\bsecret\b/.test(text) ? { secret } : {}),
    issuer: local(member('issuer')),
    audience: member('audience'),
    jwksUrl: local(member('jwksUrl')),
  }
}

test('every line of the page of issuers makes a verifier', async () => {
  const shown = [...(await read('docs/issuers.md')).matchAll(/^\|[^|]+\| `(\{ profile: .+ \})` \|$/gm)].map(([, text = '']) => text)
  expect(shown).toHaveLength(10)
  for (const text of shown) await expect(createVerifier({ issuers: [issuerOf(text)] }), text).resolves.toBeDefined()
})
