import { expect, test } from 'vitest'
import { frameFault } from './frame-fault.js'

const fault = (code: unknown): Error => Object.assign(new Error('from ws'), { code })

test.each([
  ['WS_ERR_INVALID_UTF8', 'frame_not_utf8'],
  ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'frame_too_big'],
  ['WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', 'frame_too_big'],
  ['WS_ERR_TOO_MANY_BUFFERED_PARTS', 'frame_too_big'],
  ['WS_ERR_EXPECTED_MASK', 'frame_protocol'],
  ['WS_ERR_INVALID_CLOSE_CODE', 'frame_protocol'],
  ['WS_ERR_UNEXPECTED_RSV_1', 'frame_protocol'],
  ['ECONNRESET', undefined],
  [7, undefined],
  [undefined, undefined],
])('%s is %s', (code, reason) => {
  expect(frameFault(fault(code))).toBe(reason)
})

test('an error without a code is a fault of the connection', () => {
  expect(frameFault(new Error('from elsewhere'))).toBeUndefined()
})
