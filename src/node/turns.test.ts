import { expect, test, vi } from 'vitest'
import { createHandshakeTurns, createTurns } from './turns.js'

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Takes so many at once, and notes the order in which they are judged. */
const taken = (count: number) => {
  const turns = createTurns()
  const judged: number[] = []
  for (let index = 0; index < count; index++) turns.take(() => void judged.push(index))
  return { turns, judged }
}
const countTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index)

test('[T23] 64 handshakes that come at once are judged at once', () => {
  expect(taken(64).judged).toEqual(countTo(64))
})

test('[T23] of more, 64 are judged in each turn of the loop, in the order in which they came, and no turn is left out', async () => {
  const { judged } = taken(1_000)
  const counts = []
  while (judged.length < 1_000) {
    counts.push(judged.length)
    await nextTurn()
  }
  expect(judged).toEqual(countTo(1_000))
  for (const [index, count] of counts.entries()) expect(count).toBe(Math.min(1_000, 64 * (index + 1)))
})

test('[T23] who comes while others wait waits behind them', async () => {
  const { turns, judged } = taken(70)
  await nextTurn()
  turns.take(() => void judged.push(70))
  await nextTurn()
  await nextTurn()
  expect(judged).toEqual(countTo(71))
})

test('[T23] beyond 1,024 that wait nobody waits: the loop is late then, and the gate refuses by it', () => {
  expect(taken(64 + 1_024).judged).toHaveLength(64)
  expect(taken(64 + 1_024 + 500).judged).toHaveLength(564)
})

test('[A23] those that leave wait in any number', () => {
  const turns = createTurns({ maxWaiting: Infinity })
  let seenOff = 0
  for (let index = 0; index < 5_000; index++) turns.take(() => void (seenOff += 1))
  expect(seenOff).toBe(64)
})

test('[T23] after two milliseconds of work no further handshake is judged in a turn, however few there were', async () => {
  const clock = { ms: 0 }
  const turns = createTurns({ msPerTurn: 2, now: () => clock.ms })
  const judged: number[] = []
  // Each takes three quarters of a millisecond.
  for (let index = 0; index < 10; index++) {
    turns.take(() => {
      judged.push(index)
      clock.ms += 0.75
    })
  }
  const counts = [judged.length]
  while (judged.length < 10) {
    await nextTurn()
    counts.push(judged.length)
  }
  expect(counts).toEqual([3, 6, 9, 10])
  expect(judged).toEqual(countTo(10))
})

test('[T23] one that takes long is the only one of its turn, and what it brings with it comes behind those that wait', async () => {
  const clock = { ms: 0 }
  const turns = createTurns({ msPerTurn: 2, now: () => clock.ms })
  const judged: string[] = []
  const slow = (name: string, then = () => {}) => () => {
    judged.push(name)
    clock.ms += 50
    then()
  }
  turns.take(slow('first'))
  turns.take(slow('second', () => {
    turns.take(slow('brought'))
  }))
  turns.take(slow('third'))
  const seen = [[...judged]]
  for (let turn = 0; turn < 3; turn += 1) {
    await nextTurn()
    seen.push([...judged])
  }
  expect(seen).toEqual([['first'], ['first', 'second'], ['first', 'second', 'third'], ['first', 'second', 'third', 'brought']])
})

test('[T23] of handshakes none is begun after two milliseconds of a turn', () => {
  let ms = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => ms)
  const turns = createHandshakeTurns()
  let judged = 0
  for (let index = 0; index < 10; index++) {
    turns.take(() => {
      judged += 1
      ms += 0.75
    })
  }
  clock.mockRestore()
  expect(judged).toBe(3)
})
