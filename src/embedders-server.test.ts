import { createServer, request } from 'node:http'
import { afterEach, expect, test, vi } from 'vitest'
import { WebSocket, WebSocketServer, type ServerOptions } from 'ws'
import { listening } from './admission/testing/listening.js'
import { testSecret, tokenFor } from './admission/testing/staircase.js'
import { createGate } from './create-gate.js'
import type { Gate } from './gate.js'
import { deny } from './protocol/denial.js'

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

const made = async (): Promise<Gate> => {
  const gate = await createGate({
    issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }],
    lookupUser: (id) => ({ id, active: true }),
    limits: { userSockets: 1 },
  })
  ends.push(gate.stop)
  return gate
}

const served = async (options: ServerOptions): Promise<{ readonly gate: Gate; readonly address: string; readonly token: string }> => {
  const gate = await made()
  const server = createServer()
  server.on('upgrade', gate.upgrade(new WebSocketServer({ noServer: true, ...options }), () => undefined))
  const port = await listening(server)
  ends.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { gate, address: `ws://127.0.0.1:${String(port)}/`, token: await tokenFor({ subject: '1', at: Date.now() }) }
}

/** How a socket was answered. */
const knocked = async (client: WebSocket): Promise<string> =>
  await new Promise((resolve) => {
    client.on('error', () => undefined)
    client.once('unexpected-response', () => {
      resolve('refused')
      client.terminate()
    })
    for (const answer of ['open', 'close'] as const) {
      client.once(answer, () => {
        resolve(answer)
      })
    }
  })

test('[T12] a token that is named as the first sub-protocol is neither chosen nor shown to who chooses', async () => {
  const { address, token } = await served({})
  const client = new WebSocket(address, [`sallyport.bearer.${token}`, 'sallyport.v1'])
  expect(await knocked(client)).toBe('open')
  expect(client.protocol).toBe('sallyport.v1')

  const handleProtocols = vi.fn((_offered: Set<string>) => false as const)
  const choosing = await served({ handleProtocols })
  expect(await knocked(new WebSocket(choosing.address, ['sallyport.v1', `sallyport.bearer.${choosing.token}`]))).toBe('close')
  expect(handleProtocols.mock.calls.map(([offered]) => [...offered])).toEqual([['sallyport.v1']])
})

/** How a list of sub-protocols is answered, with its blanks as they are: that of ws has none, that of browsers one behind each comma. */
const chosenOf = async (address: string, offered: string): Promise<string | undefined> =>
  await new Promise((resolve, reject) => {
    const handshake = { 'Connection': 'Upgrade', 'Upgrade': 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' }
    const asked = request(address.replace('ws:', 'http:'), { headers: { ...handshake, 'Sec-WebSocket-Protocol': offered } })
    asked.on('upgrade', ({ headers }, connection) => {
      connection.destroy()
      resolve(headers['sec-websocket-protocol'])
    })
    asked.on('response', ({ statusCode }) => {
      reject(new Error(`refused with ${String(statusCode)}`))
    })
    asked.on('error', reject)
    asked.end()
  })

test('[A3] the pair is taken in either order with blanks around its comma, as browsers write it', async () => {
  const { address, token, gate } = await served({})
  for (const offered of [`sallyport.bearer.${token}, sallyport.v1`, `sallyport.v1 , sallyport.bearer.${token}`, `sallyport.bearer.${token}\t,\tsallyport.v1`]) {
    expect(await chosenOf(address, offered)).toBe('sallyport.v1')
    await expect.poll(() => gate.sessions.count).toBe(0)
  }
})

test('[L4] a socket whose verifyClient answers later holds its place from its decision, and one that it refuses gives it back', async () => {
  const answers: ((letIn: boolean) => void)[] = []
  const { address, token, gate } = await served({
    verifyClient: (_info: unknown, answer: (letIn: boolean, status?: number) => void) => {
      answers.push((letIn) => {
        answer(letIn, 401)
      })
    },
  })
  const knock = (): WebSocket => new WebSocket(`${address}?token=${token}`)
  const asked = async (count: number): Promise<void> => {
    await expect.poll(() => answers.length).toBe(count)
  }

  const first = knocked(knock())
  await asked(1)
  expect(await knocked(knock())).toBe('refused')
  answers[0]?.(true)
  expect(await first).toBe('open')
  expect(await knocked(knock())).toBe('refused')

  for (const session of gate.sessions) gate.sessions.close(session, deny('session_ended'))
  await expect.poll(() => gate.sessions.count).toBe(0)
  const second = knocked(knock())
  await asked(2)
  answers[1]?.(false)
  expect(await second).toBe('refused')
  const third = knocked(knock())
  await asked(3)
  answers[2]?.(true)
  expect(await third).toBe('open')
})

test('a WebSocketServer that takes handshakes by itself is not used, and the remedy is told', async () => {
  const gate = await made()
  const server = createServer()
  expect(() => gate.upgrade(new WebSocketServer({ server }), () => undefined)).toThrow(/must be made with "noServer: true": it has "server" in its place/)
})
