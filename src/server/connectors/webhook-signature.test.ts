import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judgeSignature, signWebhook } from './webhook-signature.js'

const secret = 'connector-secret-'.padEnd(40, 'q7Zk')
const body = Buffer.from('{"a":1}')
const at = 1_760_000_000_000
const timestamp = '1760000000'
const fields = { id: 'evt_1', timestamp, signature: signWebhook(secret, 'evt_1', timestamp, body) }
const judge = (rest: Partial<typeof fields> | Record<string, undefined> = {}, raw: Buffer = body, secrets = [secret], now = at) =>
  judgeSignature({ ...fields, ...rest }, raw, secrets, 300_000, now)

test('the published sample of the standard is good, with the secret in its whsec_ form', () => {
  const sample = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: '1614265330', signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  }
  const verdict = judgeSignature(sample, Buffer.from('{"test": 2432232314}'), ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], 0, 1_614_265_330_000)
  expect(verdict).toBe('good')
})

test('the old and the new secret are good while both are configured, and one good signature among several is enough', () => {
  expect(judge({}, body, ['another-secret-'.padEnd(40, 'x9Rt'), secret])).toBe('good')
  expect(judge({ signature: `v1,AAAA v2,x ${fields.signature}` })).toBe('good')
})

test('a time outside the tolerance is stale, before or after', () => {
  expect([judge({}, body, [secret], at + 300_000), judge({}, body, [secret], at - 300_000)]).toEqual(['good', 'good'])
  expect([judge({}, body, [secret], at + 300_001), judge({}, body, [secret], at - 300_001)]).toEqual(['signature_stale', 'signature_stale'])
})

test.each(['id', 'timestamp', 'signature'])('without %s it is missing', (name) => {
  expect(judge({ [name]: undefined })).toBe('signature_missing')
})

test('no other id, time, body or signature is good', () => {
  expect(judge({ id: 'evt_2' })).toBe('signature_wrong')
  expect(judge({ timestamp: '1760000001' })).toBe('signature_wrong')
  expect(judge({}, Buffer.from('{"a":2}'))).toBe('signature_wrong')
  fc.assert(fc.property(fc.string({ maxLength: 80 }), (signature) => signature.includes(fields.signature) || judge({ signature }) === 'signature_wrong'))
})

test.each([
  { id: 'evt_1.1760000000' },
  { id: '' },
  { id: 'evt 1' },
  { id: 'é' },
  { id: 'x'.repeat(129) },
  { timestamp: String(at) },
  { timestamp: '1760000000.5' },
  { timestamp: new Date(at).toISOString() },
])('[I2] %j is told as malformed, so that nobody looks for the fault in the secret', (rest) => {
  const { id, timestamp: time } = { ...fields, ...rest }
  expect(judge({ ...rest, signature: signWebhook(secret, id, time, body) })).toBe('signature_malformed')
})
