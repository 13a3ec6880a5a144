import { createServer } from 'node:net'
import { env } from 'node:process'

/**
 * Ports from 10,000 to 29,999 that no other test process takes: below those the system gives to whoever asks for any, and in another lane for
 * each process that runs beside this one. A port the system itself had named could be given away again before it is listened on.
 */
const lane = 10_000 + (Number(env['VITEST_POOL_ID'] ?? 1) % 10) * 2_000
let nextInLane = Math.floor(Math.random() * 2_000)

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.on('error', () => {
      resolve(false)
    })
    // Without an address it is every one of the machine, of both families.
    probe.listen({ port, exclusive: true }, () => {
      probe.close(() => {
        resolve(true)
      })
    })
  })

/** A port that is free, and stays so until it is listened on, and again after whoever listened has gone. */
export const freePort = async (): Promise<number> => {
  for (let tries = 0; tries < 2_000; tries += 1) {
    nextInLane = (nextInLane + 1) % 2_000
    if (await isFree(lane + nextInLane)) return lane + nextInLane
  }
  throw new Error(`No free port from ${String(lane)} to ${String(lane + 1_999)}`)
}
