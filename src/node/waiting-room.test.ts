import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { createWaitingRoom } from './waiting-room.js'

test('[A28] who waits is known by when they came, and places are taken again', () => {
  const room = createWaitingRoom()
  const [first, second, third] = [new Socket(), new Socket(), new Socket()] as const
  room.enter(first, 10)
  room.enter(second, 20)
  expect(room.size).toBe(2)
  expect(room.since(5)).toEqual([])
  expect(room.since(10)).toEqual([first])
  room.leave(first)
  room.enter(third, 30)
  expect(room.size).toBe(2)
  expect(new Set(room.since(Infinity))).toEqual(new Set([second, third]))
})

test('who leaves twice, or was never here, changes nothing for those who wait', () => {
  const room = createWaitingRoom()
  const [first, second] = [new Socket(), new Socket()] as const
  room.enter(first, 1)
  room.leave(first)
  room.enter(second, 2)
  room.leave(first)
  room.leave(new Socket())
  expect(room.size).toBe(1)
  expect(room.since(2)).toEqual([second])
})
