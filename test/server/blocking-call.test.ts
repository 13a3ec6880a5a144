import { randomBytes } from 'node:crypto'
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'
import { SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { createGate, type GateOptions, type Handshake } from '../../dist/index.js'

const secret = randomBytes(64).toString('base64url')

const handshake = async (subject: string): Promise<Handshake> => {
  const at = Date.now()
  const token = await new SignJWT({ sub: subject, iat: Math.floor(at / 1000), exp: Math.floor(at / 1000) + 60 }).setProtectedHeader({ alg: 'HS512', typ: 'JWT' }).sign(Buffer.from(secret))
  return {
    receivedAt: at,
    method: 'GET',
    httpVersion: '1.1',
    target: '/',
    headers: {
      host: ['gate.example'],
      connection: ['Upgrade'],
      upgrade: ['websocket'],
      'sec-websocket-key': [randomBytes(16).toString('base64')],
      'sec-websocket-version': ['13'],
      authorization: [`Bearer ${token}`],
    },
    peerAddress: '192.0.2.1',
  }
}

const spin = (ms: number): void => {
  const end = performance.now() + ms
  while (performance.now() < end);
}

/** Ports that are named while five users connect at once. */
const namedBy = async (lookupUser: GateOptions['lookupUser'], thresholdMs?: number): Promise<readonly string[]> => {
  const named: string[] = []
  const gate = await createGate({
    issuers: [{ profile: 'standard', algorithms: ['HS512'], secret }],
    lookupUser,
    blockingGuard: { onBlocking: (port) => void named.push(port), ...(thresholdMs === undefined ? {} : { thresholdMs }) },
  })
  try {
    const asked = await Promise.all(['1', '2', '3', '4', '5'].map((id) => handshake(id)))
    for (const { outcome } of await Promise.all(asked.map((one) => gate.admit(one)))) expect(outcome).toBe('admitted')
    await turn()
    return named
  } finally {
    gate.stop()
  }
}

test('a look-up that blocks before its first await is named once', async () => {
  expect(
    await namedBy(async (id) => {
      spin(20)
      await turn()
      return { id, active: true, role: 'agent' }
    }),
  ).toEqual(['users'])
})

test('a look-up that blocks after its first await is named once', async () => {
  expect(
    await namedBy(async (id) => {
      await pause(1)
      spin(20)
      return { id, active: true, role: 'agent' }
    }),
  ).toEqual(['users'])
})

test('a look-up that waits for 50 ms is not named, even when something else blocks meanwhile', async () => {
  // The threshold leaves room for a machine that takes the processor away.
  const named = namedBy(async (id) => {
    await pause(50)
    return { id, active: true, role: 'agent' }
  }, 150)
  await pause(20)
  spin(200)
  expect(await named).toEqual([])
})
