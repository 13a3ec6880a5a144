import { randomBytes } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Answer } from './evidence.js'

const deadlineMs = 10_000

/** Codes of failures that have nothing to do with TLS. */
const ofTheNetwork = /^(?:ECONN|ENOT|EAI|ETIMEDOUT|EHOST|ENET|EADDR|EPIPE|ETIME)/

/** A handshake of ours; nothing in it is a secret. */
export const handshakeHeaders = (host: string, probeId: string): Readonly<Record<string, string>> => ({
  Host: host,
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
  'Sec-WebSocket-Protocol': 'sallyport.v1',
  'Sec-WebSocket-Extensions': 'permessage-deflate',
  'User-Agent': 'sallyport-doctor',
  'Sallyport-Probe': probeId,
})

/** Makes one request and answers how it ended, whatever that was; an upgraded connection is dropped. Never rejects. */
export const knock = (url: URL, headers: Readonly<Record<string, string>>, localAddress?: string): Promise<Answer> =>
  new Promise((resolve) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    const request = send(url, { headers: { ...headers }, agent: false, ...(localAddress === undefined ? {} : { localAddress }) })
    const timer = setTimeout(() => request.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })), deadlineMs)
    const answered = (response: IncomingMessage): void => {
      clearTimeout(timer)
      const { localAddress: address = '', localPort = 0 } = response.socket
      const fields = Object.entries(response.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')] as const)
      resolve({ answered: true, status: response.statusCode ?? 0, headers: Object.fromEntries(fields), localAddress: address, localPort })
    }
    request.on('upgrade', (response, socket) => {
      answered(response)
      socket.on('error', () => undefined)
      socket.destroy()
    })
    request.on('response', (response) => {
      answered(response)
      // What it says beyond its head is of no interest, and may never end.
      response.destroy()
    })
    request.on('error', (error) => {
      clearTimeout(timer)
      const code = 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
      resolve({ answered: false, error: code, tls: url.protocol === 'https:' && !ofTheNetwork.test(code) })
    })
    request.end()
  })
