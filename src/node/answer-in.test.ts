import { expect, test } from 'vitest'
import { stepNames, type Denied } from '../admission/decision.js'
import { handshakeOf } from '../admission/testing/staircase.js'
import { Walk } from '../admission/walk.js'
import { deny, type Reason } from '../protocol/denial.js'
import { answerIn, type Refusals } from './answer-in.js'

const page = 'https://app.example'
const settings: readonly Refusals[] = ['auto', 'http', 'close', 'legacy']
const before = stepNames.slice(0, stepNames.indexOf('credential'))
const after = stepNames.slice(stepNames.indexOf('credential'))

const denied = (step: Denied['step'], reason: Reason, origin?: string): Denied =>
  new Walk(handshakeOf(origin === undefined ? {} : { headers: { origin: [origin] } }), 'test', 'plain').deny(step, deny(reason))

test.each(before)('[R1] what is refused on the stair %s is answered in HTTP, whatever the setting and whoever asks', (step) => {
  for (const refusals of settings) for (const origin of [undefined, page]) expect(answerIn(denied(step, 'bad_request', origin), refusals)).toBe('http')
})

test.each(after)('[R2] from the credential on the setting decides: %s', (step) => {
  const answers = (origin?: string) => settings.map((refusals) => answerIn(denied(step, 'token_invalid', origin), refusals))
  expect(answers(page)).toEqual(['close', 'http', 'close', 'bare-403'])
  expect(answers()).toEqual(['http', 'http', 'close', 'bare-403'])
})

test('[R2] a banned address and a refused Origin are answered in HTTP, by legacy without a body', () => {
  for (const [step, reason] of [['address_ban', 'address_banned'], ['origin', 'origin_refused']] as const) {
    expect(settings.map((refusals) => answerIn(denied(step, reason, page), refusals))).toEqual(['http', 'http', 'http', 'bare-403'])
  }
})

test('[R2] legacy answers faults of the server in HTTP, so that nobody takes an outage for a refusal', () => {
  for (const reason of ['internal_error', 'dependency_unavailable', 'overloaded'] as const) expect(answerIn(denied('user', reason), 'legacy')).toBe('http')
  expect(answerIn(denied('limits', 'rate_limited'), 'legacy')).toBe('bare-403')
})
