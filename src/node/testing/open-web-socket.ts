import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'

/** An open WebSocket over a connection of nobody's. */
export const openWebSocket = (duplex: Duplex): WebSocket => {
  const request = new IncomingMessage(new Socket())
  request.method = 'GET'
  Object.assign(request.headers, { upgrade: 'websocket', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version': '13' })
  let opened: WebSocket | undefined
  new WebSocketServer({ noServer: true }).handleUpgrade(request, duplex, Buffer.alloc(0), (webSocket) => {
    opened = webSocket
  })
  if (opened === undefined) throw new Error('the handshake was refused')
  return opened
}
