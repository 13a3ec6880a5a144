import type { HttpBindings } from '@hono/node-server'
import type { Hono } from 'hono'

/** The app of the public port; its routes can see Node's own request. */
export type PublicHono = Hono<{ Bindings: HttpBindings }>
