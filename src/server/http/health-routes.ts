import type { Hono } from 'hono'
import type { Health, Operations } from '../operations.js'

const unknownHealth = { ready: false, checks: { server: 'failing' } } as const

/** `/livez`, `/healthz`, `/readyz` and `/metrics`: no key, no versions. */
export const addHealthRoutes = (app: Hono, operations: Operations, onFailure: ((error: unknown) => void) | undefined): void => {
  // Answering at all is what is asked; a slow store must not get a living process killed.
  app.get('/livez', (context) => context.json({ status: 'ok' }))
  app.get('/healthz', (context) => context.json({ status: 'ok' }))
  app.get('/readyz', async (context) => {
    let health: Health
    try {
      health = await operations.health()
    } catch (error) {
      onFailure?.(error)
      return context.json(unknownHealth, 503)
    }
    const { ready, mode, draining, checks, sessions } = health
    const serves = ready && !draining
    return context.json({ ready: serves, mode, draining, checks, sessions }, serves ? 200 : 503)
  })
  app.get('/metrics', async () => {
    const text = await operations.metrics()
    return new Response(text, { headers: { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' } })
  })
}
