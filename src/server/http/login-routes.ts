import { z } from 'zod'
import type { LoginAnswer, Logins } from '../login/logins.js'
import { maxPassword } from '../login/password-rule.js'
import { problemResponse } from './api-problem.js'
import { bearerToken } from './bearer-token.js'
import type { ClientOf, NodeContext } from './client-of.js'
import { limitBody } from './limit-body.js'
import { onlyJson } from './only-json.js'
import type { PublicHono } from './public-hono.js'
import { readBody } from './read-request.js'

const maxBodyBytes = 16_384
const refreshToken = z.string().min(1).max(200)

const loginBody = z.strictObject({ identifier: z.string().min(1).max(254), password: z.string().min(1).max(maxPassword) })
const refreshBody = z.strictObject({ refreshToken })
const logoutBody = z.strictObject({ refreshToken: refreshToken.optional() })

/** What a call came to, for the log and the metrics. */
export interface LoginNote {
  readonly action: 'login' | 'refresh' | 'logout'
  readonly outcome: LoginAnswer['outcome'] | 'ended'
  /** Only of who got in. */
  readonly userId: string | undefined
  readonly address: string
}

export interface LoginRoutes {
  readonly logins: Logins
  readonly clientOf: ClientOf
  readonly noted: (note: LoginNote) => void
  /** Epoch milliseconds. */
  readonly now: () => number
}

type Action = LoginNote['action']

const refusals = {
  login: { code: 'login_refused', title: 'The user name or the password is not right.' },
  refresh: { code: 'refresh_refused', title: 'The refresh token is not good any more: log in again.' },
  logout: { code: 'refresh_refused', title: 'The refresh token is not good any more.' },
} as const

const answerOf = (action: Action, answer: LoginAnswer): Response => {
  switch (answer.outcome) {
    case 'accepted':
      return Response.json(answer.tokens)
    case 'refused':
    case 'reused':
      return problemResponse({ status: 401, ...refusals[action], headers: { 'WWW-Authenticate': 'Bearer' } })
    case 'limited':
      return problemResponse({ status: 429, code: 'rate_limited', title: 'Too many attempts.', retryAfterMs: answer.retryAfterMs })
    case 'overloaded':
      return problemResponse({ status: 503, code: 'overloaded', title: 'Too many log-ins at once.', retryAfterMs: answer.retryAfterMs })
  }
}

/** `/api/v1/login`, `/api/v1/refresh` and `/api/v1/logout`: JSON in, JSON out, no cookies. */
export const addLoginRoutes = (app: PublicHono, { logins, clientOf, noted, now }: LoginRoutes): void => {
  const small = limitBody(maxBodyBytes)
  const asked = async (
    context: NodeContext,
    action: Action,
    ask: (asker: { readonly addressKey: string | undefined; readonly at: number }) => Promise<LoginAnswer | { readonly outcome: 'ended' }>,
  ): Promise<Response> => {
    const client = clientOf(context)
    const answer = await ask({ addressKey: client.key, at: now() })
    const userId = answer.outcome === 'accepted' ? answer.tokens.userId : undefined
    noted({ action, outcome: answer.outcome, userId, address: client.address })
    if (answer.outcome !== 'ended') return answerOf(action, answer)
    return new Response(undefined, { status: 204, headers: { 'Clear-Site-Data': '"cache", "cookies", "storage"' } })
  }

  app.post('/api/v1/login', onlyJson, small, async (context) => {
    const { identifier, password } = await readBody(context, loginBody)
    return asked(context, 'login', (asker) => logins.login(identifier, password, asker))
  })
  app.post('/api/v1/refresh', onlyJson, small, async (context) => {
    const body = await readBody(context, refreshBody)
    return asked(context, 'refresh', (asker) => logins.refresh(body.refreshToken, asker))
  })
  app.post('/api/v1/logout', onlyJson, small, async (context) => {
    const body = await readBody(context, logoutBody)
    const accessToken = bearerToken(context)
    if (accessToken === undefined && body.refreshToken === undefined) {
      return problemResponse({ status: 401, code: 'token_missing', title: 'Name the session by a refresh token, or by an access token as Bearer.', headers: { 'WWW-Authenticate': 'Bearer' } })
    }
    return asked(context, 'logout', (asker) => logins.logout({ refreshToken: body.refreshToken, accessToken }, asker))
  })
}
