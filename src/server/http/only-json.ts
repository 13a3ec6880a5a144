import type { MiddlewareHandler } from 'hono'
import { problemResponse } from './api-problem.js'

const jsonForm = /^application\/json(?: *;|$)/i

/** Whether a body is declared as JSON; a browser asks before it sends one across origins. */
export const isJson = (contentType: string | undefined): boolean => jsonForm.test(contentType ?? '')

export const notJson = (): Response => problemResponse({ status: 415, code: 'not_json', title: 'A write must be declared as application/json.' })

/** Refuses a body that is not declared as JSON. */
export const onlyJson: MiddlewareHandler = async ({ req }, next) => (isJson(req.header('content-type')) ? next() : notJson())
