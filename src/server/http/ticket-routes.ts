import { z } from 'zod'
import type { GateTickets } from '../../gate.js'
import { problemOf } from '../../protocol/problem.js'
import { problemResponse } from './api-problem.js'
import { limitBody } from './limit-body.js'
import type { PublicHono } from './public-hono.js'

const maxBodyBytes = 1_024
const ticketBody = z.strictObject({ path: z.string() })

/** `POST /api/v1/tickets`: a single-use ticket for the bearer of a token. */
export const addTicketRoutes = (tickets: GateTickets) => (app: PublicHono): void => {
  app.post('/api/v1/tickets', limitBody(maxBodyBytes), async (context) => {
    const { incoming } = context.env
    // Who asks comes before what for: a body of another shape names no path, and the gate finds that after the bearer.
    const path = pathOf(await context.req.text()) ?? ''
    const answer = await tickets.issue({ path, headers: incoming.headersDistinct, peerAddress: incoming.socket.remoteAddress ?? '' })
    if (answer.outcome === 'issued') return context.json({ ticket: answer.ticket, expiresInMs: answer.expiresInMs }, 201)
    if (answer.denial.reason === 'bad_request' && answer.denial.status === undefined) return problemResponse({ status: 400, code: 'bad_body', title: 'The body must be {"path": "…"}, the path of a socket without its query.' })
    const { status, headers, body } = problemOf(answer.denial, answer.id)
    return new Response(body, { status, headers })
  })
}

const pathOf = (text: string): string | undefined => {
  try {
    return ticketBody.safeParse(JSON.parse(text)).data?.path
  } catch {
    return undefined
  }
}
