import { expect, test } from 'vitest'
import { createVerifier } from '../admission/token/create-verifier.js'
import { createClaimPolicy } from '../admission/token/judge-claims.js'
import { profiles } from '../admission/token/profiles.js'
import { forge, noon, testSecret } from '../admission/token/testing/forge.js'
import { keys } from './config/keys.js'
import { remedyOfCheck } from './check-remedies.js'
import { remedies } from './remedies.js'

const names = async (): Promise<ReadonlySet<string>> => {
  const rules = Object.values(profiles).flatMap((profile) => createClaimPolicy('any', { profile, issuer: undefined, audiences: [], parties: ['any'], lifetimeMs: 1000 }).rules)
  const verifier = await createVerifier({ issuers: [{ profile: 'standard', algorithms: ['HS512'], keys: [{ secret: testSecret, notAfter: '2026-05-01' }] }], now: () => noon })
  const { checks } = await verifier.inspect(forge({ payload: {} }), noon)
  return new Set([...checks.map(({ name }) => name), ...rules.map(({ claim }) => claim)])
}

test('every part of a token that can be refused has a remedy of its own', async () => {
  const found = await names()
  expect(found).toContain('key')
  for (const name of found) expect(remedyOfCheck(name), name).not.toBe(remedies.token_invalid)
})

test('a remedy names only configuration that exists', async () => {
  const paths = Object.values(keys).map(({ path }) => path)
  const named = [...(await names())].flatMap((name) => [...remedyOfCheck(name).matchAll(/"(tokens[^"]*)"/g)].map(([, path = '']) => path))
  expect(named).toContain('tokens.audience')
  for (const path of named) expect(paths.some((one) => one === path || one.startsWith(`${path}.`)), path).toBe(true)
})
