import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import type { FindOperator } from '../operator-keys.js'
import { setActing } from './acting-operator.js'
import { problemResponse } from './api-problem.js'
import { bearerToken } from './bearer-token.js'
import { isJson, notJson } from './only-json.js'

const wrongKeysPerMinute = 10
const windowMs = 60_000

// Digests have one length, so the comparison neither throws nor tells how long the key is.
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/**
 * Lets only the key of `operator.key`, and those of named operators, through (`Authorization: Bearer`, RFC 6750 section 2.1).
 *
 * After 10 wrong keys in any minute every further wrong one is answered 429. The right key is always let in: 256 random bits cannot be
 * guessed, and whoever knocks wrongly must not lock the operator out.
 *
 * @param now - Epoch milliseconds.
 */
export const onlyOperator = (operatorKey: string, find: FindOperator, now: () => number): MiddlewareHandler => {
  const right = digest(operatorKey)
  let wrongAt: readonly number[] = []

  return async (context, next) => {
    const key = bearerToken(context)
    if (key === undefined) {
      const headers = { 'WWW-Authenticate': 'Bearer' }
      return problemResponse({ status: 401, code: 'key_missing', title: 'The operator key is missing.', headers })
    }
    if (timingSafeEqual(digest(key), right)) return next()
    const operator = await find(key)
    if (operator !== undefined) {
      setActing(context, operator, async () => (await find(key))?.role === operator.role)
      return next()
    }

    const at = now()
    wrongAt = wrongAt.filter((each) => each > at - windowMs)
    const oldest = wrongAt[0]
    if (oldest !== undefined && wrongAt.length >= wrongKeysPerMinute) {
      const headers = { 'Retry-After': String(Math.max(1, Math.ceil((oldest + windowMs - at) / 1000))) }
      return problemResponse({ status: 429, code: 'too_many_wrong_keys', title: 'Too many wrong keys in a minute.', headers })
    }
    wrongAt = [...wrongAt, at]
    const headers = { 'WWW-Authenticate': 'Bearer error="invalid_token"' }
    return problemResponse({ status: 401, code: 'key_wrong', title: 'This is not the operator key.', headers })
  }
}

/** Refuses what a page in the operator's browser could send: anything with an Origin. */
export const noCrossSite: MiddlewareHandler = async ({ req }, next) => {
  // What a browser says of a request that a foreign page began, also where it sends no Origin (Fetch Metadata).
  const site = req.header('sec-fetch-site')
  if (req.header('origin') === undefined && site !== 'cross-site' && site !== 'same-site') return next()
  return problemResponse({ status: 403, code: 'cross_origin', title: 'Requests of web pages are not answered here.' })
}

const reading = new Set(['GET', 'HEAD'])

/**
 * Refuses writes whose body is not declared as JSON, which a page could send without being asked for it.
 *
 * A DELETE without a body needs no declaration; a browser asks before it sends one across origins.
 */
export const onlyDeclared: MiddlewareHandler = async ({ req }, next) => {
  const type = req.header('content-type')
  const bare = req.method === 'DELETE' && type === undefined
  return reading.has(req.method) || bare || isJson(type) ? next() : notJson()
}
