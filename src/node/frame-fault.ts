import type { Reason } from '../protocol/denial.js'

/** The reason for which ws closes a socket whose peer broke the framing; `undefined` for faults of the connection. */
export const frameFault = (error: Error): Reason | undefined => {
  const code = 'code' in error ? error.code : undefined
  switch (code) {
    case 'WS_ERR_INVALID_UTF8':
      return 'frame_not_utf8'
    case 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH':
    case 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH':
    case 'WS_ERR_TOO_MANY_BUFFERED_PARTS':
      return 'frame_too_big'
    default:
      return typeof code === 'string' && code.startsWith('WS_ERR_') ? 'frame_protocol' : undefined
  }
}
