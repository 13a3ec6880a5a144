import { expect, test } from 'vitest'
import { createPush } from '../../dist/index.js'
import { nobody } from '../wire/gate-server.js'
import { gateServers } from '../wire/gate-servers.js'

const start = gateServers()

const push = createPush('critical', { text: 'x'.repeat(100_000) })

test.each([true, false])('[S5] [S6] a peer that stops reading is told 4420 behind what was written, when it reads again (fastLane %s)', async (fastLane) => {
  const server = await start({ fastLane })
  const client = await server.enter()
  client.socket.pause()
  // A peer that reads goes on as if nothing were.
  const other = await server.enter()
  let sent = 0
  for (let delivery = 'written'; delivery !== 'overflow'; sent += 1) {
    const [session] = server.gate.sessions
    if (session === undefined) throw new Error('nobody is there')
    delivery = server.gate.sessions.send(session, push)
    if (sent % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  // What the kernel takes for a peer, and 1 MiB.
  expect(sent).toBeLessThan(200)
  client.socket.resume()
  const answer = await client.closed()
  expect([answer.closeCode, answer.closeReason]).toEqual([4420, expect.stringMatching(/^slow_consumer /)])
  expect(answer.frames.every(({ opcode, payload }) => opcode !== 1 || payload.length < 100 || payload.length === push.frame.byteLength - 10)).toBe(true)
  expect((await other.roundTrip()).closeCode).toBeUndefined()
  client.end()
  other.end()
  await expect.poll(() => server.counted()).toEqual(nobody)
  expect(server.ended.map(([, reason]) => reason).toSorted()).toEqual(['peer', 'slow_consumer'])
})

test('[S3] a frame that never ends is no sign of life', async () => {
  const server = await start({ sessions: { heartbeatMs: 250, pongMs: 250 } })
  const client = await server.enter()
  client.write(Buffer.from([0x81, 0xfe, 0xea, 0x60, 0, 0, 0, 0]))
  const drip = setInterval(() => {
    client.write('a')
  }, 20)
  const { closeCode } = await client.gone()
  clearInterval(drip)
  expect(closeCode).toBe(4408)
  await expect.poll(() => server.ended.map(([, reason]) => reason)).toEqual(['idle_timeout'])
})
