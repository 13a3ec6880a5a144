import { deny, type Denial } from '../../protocol/denial.js'
import type { Headers } from '../handshake.js'

export interface OriginRule {
  /** Serialised origins (RFC 6454 section 6.2) whose pages may connect, compared exactly; `undefined` takes every page. */
  readonly allowed: ReadonlySet<string> | undefined
  /** Whether a handshake without Origin is refused. Clients that are no browsers can forge one, so this keeps nobody out for sure. */
  readonly required: boolean
}

/**
 * Decides by the page a browser says it shows (RFC 6455 section 10.2). `null` names no page and is never accepted.
 */
export const checkOrigin = (headers: Headers, rule: OriginRule): Denial | undefined => {
  const origin = headers['origin']?.[0]
  if (origin === undefined) return rule.required ? deny('origin_refused', { detail: 'no Origin, and one is required' }) : undefined
  if (origin === 'null') return deny('origin_refused', { detail: 'Origin is null' })
  if (rule.allowed === undefined) return originForm.test(origin) ? undefined : deny('origin_refused', { detail: 'Origin is malformed' })
  return rule.allowed.has(origin) ? undefined : deny('origin_refused', { detail: 'Origin is not in the list' })
}

/** `scheme "://" host [ ":" port ]`, of a page that may open a socket. */
export const originForm = /^[a-z][a-z0-9+.-]*:\/\/(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/
