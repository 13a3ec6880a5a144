import type { Hono } from 'hono'
import type { Condition } from '../checkup/condition.js'
import type { Probes } from '../checkup/probes.js'
import { notFound, refusal } from './api-problem.js'

/** What `sallyport doctor` asks of a running server. */
export interface Checkup {
  condition(): Promise<Condition>
  readonly probes: Pick<Probes, 'open' | 'find'>
}

/** Three questions below `/api/v1`, for operators: the condition of the server, a new probe, and what came of one. */
export const addCheckupRoutes = (app: Hono, { condition, probes }: Checkup): void => {
  app.get('/api/v1/condition', async (context) => context.json(await condition()))
  app.post('/api/v1/probes', (context) => {
    const id = probes.open()
    if (id === undefined) throw refusal({ status: 429, code: 'too_many_probes', title: 'As many probes are open as may be: each lasts a minute.' })
    return context.json({ id }, 201)
  })
  app.get('/api/v1/probes/:id', (context) => {
    const report = probes.find(context.req.param('id'))
    return report === undefined ? notFound() : context.json(report)
  })
}
