import { expect, test } from 'vitest'
import { createTurns } from './turns.js'

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
  const turns = createTurns(Infinity)
  let seenOff = 0
  for (let index = 0; index < 5_000; index++) turns.take(() => void (seenOff += 1))
  expect(seenOff).toBe(64)
})
