import { expect, test } from 'vitest'
import { checkOrigin, type OriginRule } from './origin.js'

const listed: OriginRule = { allowed: new Set(['https://app.example']), required: false }
const unlisted: OriginRule = { allowed: undefined, required: false }
const reason = (rule: OriginRule, origin?: string) => checkOrigin(origin === undefined ? {} : { origin: [origin] }, rule)?.reason

test('[A10] D1: an Origin of the list is accepted, and compared exactly', () => {
  expect(reason(listed, 'https://app.example')).toBeUndefined()
  const strangers = ['https://app.example:443', 'http://app.example', 'https://APP.example', 'https://app.example/', 'https://app.example.evil.example', 'https://evil.example', 'null', '', '*']
  for (const origin of strangers) expect(reason(listed, origin), origin).toBe('origin_refused')
})

test('[A10] D3: without a list every well-formed Origin is accepted, and null never', () => {
  for (const origin of ['https://any.example', 'http://localhost:5173', 'http://[::1]:80', 'chrome-extension://abc', 'app://x']) expect(reason(unlisted, origin), origin).toBeUndefined()
  for (const origin of ['null', '', 'https://', 'any.example', 'https://a b', 'https://a/path', 'https://A.example']) expect(reason(unlisted, origin), origin).toBe('origin_refused')
})

test('[A10] D5: a missing Origin is refused only where one is required', () => {
  expect(reason(listed)).toBeUndefined()
  expect(reason({ ...listed, required: true })).toBe('origin_refused')
})
