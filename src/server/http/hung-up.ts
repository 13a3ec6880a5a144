import { IncomingMessage } from 'node:http'
import type { Context } from 'hono'

/** Whether who asked broke off before his whole request was here: what failed then is his doing, and nobody hears the answer. */
export const hungUp = (context: Context): boolean => {
  const env: unknown = context.env
  if (typeof env !== 'object' || env === null || !('incoming' in env) || !(env.incoming instanceof IncomingMessage)) return false
  return env.incoming.destroyed && !env.incoming.complete
}
