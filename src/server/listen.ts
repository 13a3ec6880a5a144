import type { Server } from 'node:http'

/** The server could not start; the message is one line with the remedy. */
export class StartError extends Error {
  readonly code = 'ERR_START'
  override readonly name = 'StartError'
}

/**
 * Binds a server.
 *
 * @param port - 0 takes a free one.
 * @returns The port it got.
 * @throws StartError naming the key to change when the port is taken or not allowed.
 */
export const listen = async (server: Server, host: string, port: number, key: string): Promise<number> => {
  await new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      reject(new StartError(remedy(error, host, port, key), { cause: error }))
    }
    server.once('error', failed)
    server.listen(port, host, () => {
      server.off('error', failed)
      resolve()
    })
  })
  // Failures to accept, such as no free descriptors, pass: the listener goes on.
  server.on('error', () => undefined)
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

const remedy = (error: NodeJS.ErrnoException, host: string, port: number, key: string): string => {
  const where = `${host}:${String(port)}`
  if (error.code === 'EADDRINUSE') return `Cannot listen on ${where} as the port is taken: stop the other process, or choose another with ${key}`
  if (error.code === 'EACCES') return `Cannot listen on ${where} as this user may not: choose a port above 1023 with ${key}`
  if (error.code === 'EADDRNOTAVAIL') return `Cannot listen on ${where} as this machine has no such address: change ${key.replace('PORT', 'HOST')}`
  return `Cannot listen on ${where}: ${error.message}`
}

/** A host as it stands in an address: IPv6 in brackets. */
export const hostText = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** Stops taking connections and ends those that idle; resolves when the last one is gone. */
export const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => {
      resolve()
    })
    server.closeAllConnections()
  })
