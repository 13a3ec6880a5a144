import type { MiddlewareHandler } from 'hono'
import { isLoopback } from '../config/is-loopback.js'
import { problemResponse } from './api-problem.js'

/** The name before the port; an address of IPv6 has brackets around it. */
const hostForm = /^([^:]+|\[[^\]]*\])(?::[0-9]{1,5})?$/

/** Whether a Host header (RFC 9110 section 7.2) names this machine itself, with or without a port. */
export const isLoopbackHost = (host: string): boolean => isLoopback(hostForm.exec(host)?.[1] ?? '')

/**
 * Refuses every other Host with 421: a page whose name was re-bound to 127.0.0.1 still sends its own name.
 *
 * A target in absolute form counts as well as the Host header, which it overrules (RFC 9112 section 3.2.2).
 */
export const onlyLoopbackHosts: MiddlewareHandler = async ({ req }, next) => {
  if (isLoopbackHost(req.header('host') ?? '') && URL.canParse(req.url) && isLoopbackHost(new URL(req.url).host)) return next()
  return problemResponse({ status: 421, code: 'wrong_host', title: 'Only loopback hosts are answered here.' })
}
