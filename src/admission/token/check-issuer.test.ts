import { expect, test } from 'vitest'
import { testSecret } from '../testing/staircase.js'
import { createVerifier } from './create-verifier.js'
import type { IssuerConfig } from './issuer.js'

const whole: IssuerConfig = { profile: 'standard', algorithms: ['HS512'], secret: testSecret }

/** An issuer as a program without types may give it. */
const given = async (change: object) => await createVerifier({ issuers: [Object.assign({ ...whole }, change)] })

test.each<readonly [object, string]>([
  [{ algorithms: 'HS512' }, '"issuers[0].algorithms" must be a list of texts'],
  [{ algorithms: [5] }, '"issuers[0].algorithms" must be a list of texts'],
  [{ secret: 5 }, '"issuers[0].secret" must be a text'],
  [{ secret: Buffer.from(testSecret) }, '"issuers[0].secret" must be a text'],
  [{ audience: 5 }, '"issuers[0].audience" must be a text or a list of texts'],
  [{ parties: 'app' }, '"issuers[0].parties" must be a list of texts'],
  [{ issuer: null }, '"issuers[0].issuer" must be a text'],
  [{ lifetimeMs: '5' }, '"issuers[0].lifetimeMs" must be a number'],
  [{ keys: {} }, '"issuers[0].keys" must be a list of objects'],
  [{ keys: ['a'] }, '"issuers[0].keys" must be a list of objects'],
  [{ secret: undefined, keys: [{ secret: testSecret, kid: 5 }] }, '"issuers[0].keys[0].kid" must be a text'],
  [{ secret: undefined, keys: [{ jwk: 'text' }] }, '"issuers[0].keys[0].jwk" must be an object'],
  [{ audiences: ['app'] }, '"issuers[0].audiences" must be left out, as there is no such member: there are name, profile, '],
  [{ secret: undefined, keys: [{ secret: testSecret, keyId: 'a' }] }, '"issuers[0].keys[0].keyId" must be left out, as there is no such member: there are kid, '],
])('an issuer with %j is refused by the name of the member', async (change, said) => {
  const made = given(change)
  await expect(made).rejects.toThrow(TypeError)
  await expect(made).rejects.toThrow(said)
  await expect(made).rejects.not.toThrow(testSecret)
})

test('members that are undefined are left out', async () => {
  const verifier = await given({ keys: undefined, audience: undefined, name: undefined })
  expect(verifier.warnings).toEqual([])
})
