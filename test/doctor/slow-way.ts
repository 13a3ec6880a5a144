import { connect, createServer, type Socket } from 'node:net'

export interface SlowWay {
  readonly port: number
  close(): void
}

/** A middlebox that hands on connections from the client's own address, and holds back what the server says after its first words. */
export const slowWay = (to: number, delayMs: number): Promise<SlowWay> =>
  new Promise((resolve) => {
    const sockets = new Set<Socket>()
    const server = createServer((client) => {
      const gate = connect({ host: '127.0.0.1', port: to, localAddress: client.remoteAddress ?? '127.0.0.1' })
      let spoke = false
      client.pipe(gate)
      gate.on('data', (bytes) => {
        if (spoke) setTimeout(() => client.write(bytes), delayMs)
        else client.write(bytes)
        spoke = true
      })
      for (const [socket, other] of [
        [client, gate],
        [gate, client],
      ] as const) {
        sockets.add(socket)
        socket.on('error', () => undefined)
        socket.on('close', () => {
          other.destroy()
        })
      }
    })
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve({
        port: address === null || typeof address === 'string' ? 0 : address.port,
        close() {
          server.close()
          for (const socket of sockets) socket.destroy()
        },
      })
    })
  })
