import { once } from 'node:events'
import { createServer } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { deferred } from './admission/testing/deferred.js'
import { listening } from './admission/testing/listening.js'
import { testSecret, tokenFor } from './admission/testing/staircase.js'
import type { User } from './admission/user.js'
import { createGate } from './create-gate.js'
import type { GateOptions } from './gate-options.js'
import type { Session } from './session/session.js'

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** A gate with memory stores behind a real port, and one client that is in. */
const made = async (lookupUser: GateOptions['lookupUser']) => {
  const gate = await createGate({ issuers: [{ profile: 'standard', algorithms: ['HS512'], secret: testSecret }], lookupUser })
  const server = createServer()
  const opened = deferred<Session>()
  server.on(
    'upgrade',
    gate.upgrade(new WebSocketServer({ noServer: true, clientTracking: false }), (_webSocket, session) => {
      opened.resolve(session)
    }),
  )
  const port = await listening(server)
  const client = new WebSocket(`ws://127.0.0.1:${String(port)}/?token=${await tokenFor({ subject: '1', at: Date.now() })}`)
  await once(client, 'open')
  ends.push(
    () => {
      client.terminate()
    },
    () => {
      gate.stop()
    },
    () => {
      server.close()
    },
  )
  return { gate, session: await opened.promise }
}

test('[B5] with the memory stores too, a changed user who could not be looked up is looked up again until he is', async () => {
  let away = false
  let active = true
  const { gate, session } = await made((id) => {
    if (away) throw new Error('away')
    return { id, active }
  })
  away = true
  active = false
  expect(await gate.users.changed('1')).toEqual({ sockets: 0 })
  away = false
  await expect.poll(() => session.state).toMatchObject({ name: 'closed' })
})

test('[S17] a revocation that lands while a new token is judged closes the session all the same', async () => {
  let asked: (() => void) | undefined
  const answer = deferred<User>()
  const { gate, session } = await made((id) => {
    if (asked === undefined) return { id, active: true }
    asked()
    return answer.promise
  })
  await gate.users.changed('2')
  const renewal = await tokenFor({ subject: '1', at: Date.now(), tokenId: 'renewal' })
  const waits = new Promise<void>((resolve) => {
    asked = resolve
  })
  void gate.users.changed('1')
  const verdict = gate.reauthenticate(session, renewal)
  await waits
  // The token itself is good; what it waits for is its user.
  for (let turns = 0; turns < 20; turns += 1) await turn()
  await gate.revocations.add({ kind: 'token', tokenId: 'renewal', until: Date.now() + 60_000 }, 'grace')
  answer.resolve({ id: '1', active: true })
  expect(await verdict).toMatchObject({ expiresAt: expect.any(Number) })
  expect(session.state.name).not.toBe('open')
})

test('a renewal without a token is answered, and leaves the session as it was', async () => {
  const { gate, session } = await made((id) => ({ id, active: true }))
  const renew = async (token: unknown): Promise<unknown> => await Reflect.apply(gate.reauthenticate, undefined, [session, token])
  expect(await renew(undefined)).toEqual({ reason: 'token_missing' })
  expect(await renew(['a.b.c'])).toEqual({ reason: 'token_invalid', detail: 'it is no text' })
  expect(session.state.name).toBe('open')
})
