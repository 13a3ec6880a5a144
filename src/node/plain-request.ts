import type { IncomingMessage } from 'node:http'
import { checkHost } from '../admission/steps/well-formed.js'
import { deny, type Denial } from '../protocol/denial.js'

/** A path and perhaps a query; behind a backslash in a path, programs that read it as a slash would see another one. */
const originForm = /^\/[^\\?]*(?:\?.*)?$/
const absoluteForm = /^https?:\/\//i

/**
 * Checks that a request of plain HTTP names one host and something to ask of it (RFC 9112 sections 3.2 and 3.2.2), before anybody looks at what that is.
 *
 * What fetch handlers can make no URL of is refused here, so that the answer is ours.
 */
export const checkPlainRequest = (request: IncomingMessage): Denial | undefined => {
  const { url = '' } = request
  const isTarget = originForm.test(url) || (absoluteForm.test(url) && URL.canParse(url))
  return checkHost(request.headersDistinct, undefined) ?? (isTarget ? undefined : deny('bad_request', { detail: 'target names nothing here' }))
}
