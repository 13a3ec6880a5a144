import type { MiddlewareHandler } from 'hono'
import { problemResponse } from './api-problem.js'

/**
 * Refuses every Host but those that are served with 421, as handshakes are.
 *
 * A target in absolute form counts as well as the Host header, which it overrules (RFC 9112 section 3.2.2).
 */
export const onlyServedHosts = (hosts: readonly string[]): MiddlewareHandler => {
  const served = new Set(hosts.map((host) => host.toLowerCase()))
  return async ({ req }, next) => {
    const host = (req.header('host') ?? '').toLowerCase()
    const named = `http://${host}`
    if (served.has(host) && URL.canParse(named) && URL.canParse(req.url) && new URL(req.url).host === new URL(named).host) return next()
    return problemResponse({ status: 421, code: 'wrong_host', title: 'This Host is not served here.' })
  }
}
