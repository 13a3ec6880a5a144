import { expect, test } from 'vitest'
import { createCapacity, type CapacityConfig } from './capacity.js'
import { createLoopDelay } from './loop-delay.js'

/** A capacity whose loop is as late as the test says. */
const made = (config: CapacityConfig = {}) => {
  const loop = { delayMs: 0, stopped: false }
  const capacity = createCapacity(config, {
    get delayMs() {
      return loop.delayMs
    },
    stop: () => {
      loop.stopped = true
    },
  })
  return { capacity, loop, reason: () => capacity.check()?.reason }
}

test('an idle node takes one more', () => {
  expect(made().capacity.check()).toBeUndefined()
})

test('a late loop refuses until it is under four fifths of its limit again', () => {
  const { loop, reason } = made({ maxLoopDelayMs: 100 })
  const answers = [99, 100, 99, 80, 79, 99, 100].map((delayMs) => {
    loop.delayMs = delayMs
    return reason()
  })
  expect(answers).toEqual([undefined, 'overloaded', 'overloaded', 'overloaded', undefined, undefined, 'overloaded'])
})

test('handshakes in flight refuse at their limit until they are under four fifths of it again', () => {
  const { capacity, reason } = made({ maxInFlight: 10 })
  for (let index = 0; index < 9; index++) capacity.enter()
  expect(reason()).toBeUndefined()
  capacity.enter()
  expect(reason()).toBe('overloaded')
  capacity.leave()
  capacity.leave()
  expect(reason()).toBe('overloaded')
  capacity.leave()
  expect(reason()).toBeUndefined()
})

test('the margin is a setting, and 1 is none', () => {
  const { capacity, reason } = made({ maxInFlight: 10, hysteresis: 1 })
  for (let index = 0; index < 10; index++) capacity.enter()
  expect(reason()).toBe('overloaded')
  capacity.leave()
  expect(reason()).toBeUndefined()
})

test('a closed socket makes room for exactly one', () => {
  const { capacity, reason } = made({ maxSockets: 2 })
  capacity.socketOpened()
  capacity.socketOpened()
  expect(reason()).toBe('overloaded')
  capacity.socketClosed()
  expect(reason()).toBeUndefined()
})

test('an overloaded node says when to come back, a draining one that another will answer', () => {
  const { capacity, loop } = made({ maxSockets: 1 })
  capacity.socketOpened()
  expect(capacity.check()).toMatchObject({ reason: 'overloaded', retryAfterMs: 5_000 })
  loop.delayMs = 1_000
  expect(capacity.check()).toMatchObject({ reason: 'overloaded', retryAfterMs: 2_000 })
  capacity.drain()
  expect(capacity.check()).toEqual({ reason: 'draining' })
})

test('what ends without having begun is not counted', () => {
  const { capacity } = made()
  capacity.leave()
  capacity.socketClosed()
  expect(capacity.load).toMatchObject({ loopDelayMs: 0, inFlight: 0, sockets: 0, draining: false })
})

test('stopping it stops the sampling', () => {
  const { capacity, loop } = made()
  capacity.stop()
  expect(loop.stopped).toBe(true)
})

test.each([
  [{ maxLoopDelayMs: 0 }, '"maxLoopDelayMs" must be a positive number: current value is 0'],
  [{ maxInFlight: 1.5 }, '"maxInFlight" must be a positive integer: current value is 1.5'],
  [{ maxSockets: -1 }, '"maxSockets" must be a positive integer: current value is -1'],
  [{ hysteresis: 1.1 }, '"hysteresis" must be at most 1: current value is 1.1'],
])('%j is refused', (config, message) => {
  expect(() => made(config)).toThrow(new RangeError(`Cannot create a capacity as ${message}`))
})

const nextTurn = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const block = (ms: number): void => {
  const end = performance.now() + ms
  while (performance.now() < end);
}

test('a blocked loop is seen as late, without the resolution of the sampler', async () => {
  const loopDelay = createLoopDelay(40)
  try {
    let worst = 0
    for (let round = 0; round < 10; round++) {
      block(120)
      await nextTurn(1)
      worst = Math.max(worst, loopDelay.delayMs)
    }
    expect(worst).toBeGreaterThan(40)
    expect(worst).toBeLessThan(1_000)
  } finally {
    loopDelay.stop()
  }
})
