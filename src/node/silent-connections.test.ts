import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { createSilentConnections } from './silent-connections.js'

test('[A28] who waits is known by when they came, and places are taken again', () => {
  const silent = createSilentConnections()
  const [first, second, third] = [new Socket(), new Socket(), new Socket()] as const
  silent.enter(first, 10)
  silent.enter(second, 20)
  expect(silent.size).toBe(2)
  expect(silent.since(5)).toEqual([])
  expect(silent.since(10)).toEqual([first])
  silent.leave(first)
  silent.enter(third, 30)
  expect(silent.size).toBe(2)
  expect(new Set(silent.since(Infinity))).toEqual(new Set([second, third]))
})

test('who leaves twice, or was never here, changes nothing for those who wait', () => {
  const silent = createSilentConnections()
  const [first, second] = [new Socket(), new Socket()] as const
  silent.enter(first, 1)
  silent.leave(first)
  silent.enter(second, 2)
  silent.leave(first)
  silent.leave(new Socket())
  expect(silent.size).toBe(1)
  expect(silent.since(2)).toEqual([second])
})

test('[A28] no more are told of at once than were asked for, and the rest are there yet', () => {
  const silent = createSilentConnections()
  for (let at = 0; at < 5; at += 1) silent.enter(new Socket(), at)
  const first = silent.since(3, 3)
  expect(first).toHaveLength(3)
  for (const socket of first) silent.leave(socket)
  expect(silent.since(3, 3)).toHaveLength(1)
})
