import { getRequestListener } from '@hono/node-server'

/** Node's listener of a fetch handler. */
export const asListener = (fetch: Parameters<typeof getRequestListener>[0]): ((...args: Parameters<ReturnType<typeof getRequestListener>>) => void) => {
  const answer = getRequestListener(fetch)
  return (request, response) => void answer(request, response)
}
