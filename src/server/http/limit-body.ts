import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { problemResponse } from './api-problem.js'

/** Refuses a longer body with 413, also one that does not say how long it is. */
export const limitBody = (maxSize: number): MiddlewareHandler =>
  bodyLimit({ maxSize, onError: () => problemResponse({ status: 413, code: 'body_too_large', title: `A body may have ${String(maxSize)} bytes.` }) })
