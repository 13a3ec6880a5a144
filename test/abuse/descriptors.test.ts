import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { heard, seesProcesses, startStage, type Stage } from './stage.js'

describe.skipIf(!seesProcesses)('a server that may have 256 descriptors (when skipped: it reads /proc, which only Linux has)', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await startStage({}, 256)
  })
  afterAll(async () => {
    await stage.close()
  })

  test('[A29] H10: drops what is beyond its connections, says so, keeps the internal port and comes back', async () => {
    const inside = await stage.enter()
    const sockets = await Promise.all(Array.from({ length: 400 }, () => stage.connect()))
    let dropped = 0
    for (const socket of sockets) void heard(socket).then(() => (dropped += 1))
    await expect.poll(() => dropped).toBeGreaterThan(200)
    expect(dropped).toBeLessThan(399)
    expect((await fetch(`${stage.server.internalUrl}/readyz`)).status).toBe(200)
    expect(await stage.server.run(['sessions', 'list', '--json'])).toMatchObject({ code: 0 })
    await expect.poll(() => stage.lines().some(({ event, level }) => event === 'connection_dropped' && level === 'warn')).toBe(true)
    expect((await inside.roundTrip()).closeCode).toBeUndefined()
    for (const socket of sockets) socket.destroy()
    await expect.poll(async () => (await stage.vitals()).descriptors).toBeLessThan(100)
    const late = await stage.enter()
    late.end()
    inside.end()
  })
})
