import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deliver, flush, flushAll, type Delivery, type Outbox } from './outbox.js'
import type { Push, PushClass } from './push.js'
import { createTestSocket } from './testing/test-socket.js'

const bound = 200_000
const kilobyte = 1_024

let made = 0
/** A push that can be told from every other by its first four bytes. */
const pushOf = (pushClass: PushClass, bytes: number, key = ''): Push => {
  made += 1
  const frame = Buffer.alloc(Math.max(4, bytes))
  frame.writeUInt32BE(made)
  return { class: pushClass, key, frame }
}

/** What tells frames apart; comparing hundreds of kilobytes byte by byte says no more. */
const numberOf = (frame: Uint8Array | undefined): number => (frame === undefined ? 0 : Buffer.from(frame.subarray(0, 4)).readUInt32BE())
const numbersOf = (pushes: readonly (Push | undefined)[]): readonly number[] => pushes.map((push) => numberOf(push?.frame))

/** A reader that takes nothing until told to. */
const slowReader = (maxBytes = bound) => {
  const socket = createTestSocket(false)
  let outbox: Outbox | undefined
  return {
    socket,
    get outbox() {
      return outbox
    },
    give(push: Push): Delivery {
      const result = deliver(socket, outbox, push, maxBytes)
      outbox = result.outbox
      return result.delivery
    },
    take(bytes?: number) {
      socket.take(bytes)
      if (outbox !== undefined) outbox = flush(socket, outbox)
    },
    flushAll() {
      if (outbox !== undefined) flushAll(socket, outbox)
    },
    /** Numbers of what was written since the first frame. */
    get written() {
      return socket.frames.slice(1).map(numberOf)
    },
    get waitingBytes() {
      return outbox === undefined ? 0 : outbox.criticalBytes + outbox.stateBytes + outbox.ephemeralBytes
    },
  }
}

/** A reader whose operating system holds as much as it will. */
const clogged = (maxBytes?: number) => {
  const reader = slowReader(maxBytes)
  reader.give(pushOf('critical', 64 * kilobyte))
  return reader
}

test('[S5] a peer that reads keeps no outbox', () => {
  const reader = slowReader()
  const pushes = [pushOf('critical', 10), pushOf('state', 10, 'a'), pushOf('ephemeral', 10)]
  expect(pushes.map((push) => reader.give(push))).toEqual(['written', 'written', 'written'])
  expect(reader.socket.frames.map(numberOf)).toEqual(numbersOf(pushes))
  expect(reader.outbox).toBeUndefined()
})

test('[S5] what a slow peer does not take waits, and is written in order of importance when it reads again', () => {
  const reader = clogged()
  const typing = pushOf('ephemeral', 10)
  const row = pushOf('state', 10, 'a')
  const message = pushOf('critical', 10)
  expect([typing, row, message].map((push) => reader.give(push))).toEqual(['waiting', 'waiting', 'waiting'])
  expect(reader.socket.frames).toHaveLength(1)
  reader.take()
  expect(reader.written).toEqual(numbersOf([message, row, typing]))
  expect(reader.outbox).toBeUndefined()
})

test('[S5] one critical push may be larger than the bound when nothing else waits', () => {
  const reader = slowReader()
  expect(reader.give(pushOf('critical', 3 * bound))).toBe('written')
  reader.take()
  const emptied = slowReader(kilobyte)
  emptied.give(pushOf('critical', 64 * kilobyte))
  expect(emptied.give(pushOf('critical', 10))).toBe('overflow')
})

test('[S6] a critical push that can not fit is an overflow, after all that may be dropped was', () => {
  const reader = clogged()
  reader.give(pushOf('state', 60_000, 'a'))
  reader.give(pushOf('ephemeral', 10))
  expect(reader.give(pushOf('critical', 100_000))).toBe('waiting')
  expect(reader.outbox).toMatchObject({ stateBytes: 0, ephemeralBytes: 0 })
  expect(reader.give(pushOf('critical', 100_000))).toBe('overflow')
})

test('[S7] of state with one key the last is kept, and its place is that of the last', () => {
  const reader = clogged()
  const pushes = [pushOf('state', 10, 'a'), pushOf('state', 20, 'b'), pushOf('state', 30, 'a')]
  for (const push of pushes) reader.give(push)
  expect(reader.waitingBytes).toBe(50)
  reader.take()
  expect(reader.written).toEqual(numbersOf([pushes[1], pushes[2]]))
})

test('[S7] the oldest keys give way first', () => {
  const reader = clogged()
  const rows = ['a', 'b', 'c'].map((key) => pushOf('state', 40_000, key))
  for (const row of rows) reader.give(row)
  const message = pushOf('critical', 50_000)
  expect(reader.give(message)).toBe('waiting')
  reader.take()
  reader.take()
  expect(reader.written).toEqual(numbersOf([message, rows[1], rows[2]]))
})

test('[S8] an ephemeral push waits only while less than half the bound waits, and gives way before any state', () => {
  const reader = clogged()
  const row = pushOf('state', 30_000, 'a')
  expect(reader.give(row)).toBe('waiting')
  expect(reader.give(pushOf('ephemeral', 4_000))).toBe('waiting')
  expect(reader.give(pushOf('ephemeral', 4_000))).toBe('dropped')
  const message = pushOf('critical', 102_000)
  expect(reader.give(message)).toBe('waiting')
  reader.take()
  reader.take()
  expect(reader.written).toEqual(numbersOf([message, row]))
})

test('[S9] the last moment before a close writes out what matters, however slowly the peer reads', () => {
  const reader = clogged()
  const row = pushOf('state', 10, 'a')
  const message = pushOf('critical', 10)
  for (const push of [row, message, pushOf('ephemeral', 10)]) reader.give(push)
  reader.flushAll()
  expect(reader.written).toEqual(numbersOf([message, row]))
})

const anyPush = fc.record({
  act: fc.constant('push' as const),
  class: fc.constantFrom<PushClass>('critical', 'state', 'ephemeral'),
  bytes: fc.oneof(fc.integer({ min: 4, max: 2_000 }), fc.integer({ min: 10_000, max: 120_000 })),
  key: fc.constantFrom('a', 'b', 'c', 'd'),
})
const anyTake = fc.record({ act: fc.constant('take' as const), bytes: fc.integer({ min: 0, max: 200_000 }) })

test('[S5] [S6] [S7] whatever is pushed and however it is read, the bound holds, nothing critical is lost or overtaken, and no value goes back', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 3, arbitrary: anyPush }, { weight: 1, arbitrary: anyTake }), { maxLength: 80 }), (acts) => {
      const reader = slowReader()
      const critical: number[] = []
      const dropped = new Set<number>()
      const keys = new Map<number, string>()
      let overflowed = false
      for (const act of acts) {
        if (act.act === 'take') {
          reader.take(act.bytes)
          continue
        }
        const push = pushOf(act.class, act.bytes, act.key)
        const number = numberOf(push.frame)
        const nothingWaits = reader.socket.backlogBytes === 0 && reader.waitingBytes === 0
        const delivery = reader.give(push)
        if (delivery === 'overflow') {
          expect(push.class).toBe('critical')
          overflowed = true
          break
        }
        if (push.class === 'critical') {
          expect(delivery).not.toBe('dropped')
          critical.push(number)
        }
        if (push.class === 'state') keys.set(number, push.key)
        if (delivery === 'dropped') dropped.add(number)
        if (delivery === 'waiting' && !nothingWaits) expect(reader.waitingBytes + reader.socket.backlogBytes).toBeLessThanOrEqual(bound)
      }
      if (!overflowed) while (reader.outbox !== undefined) reader.take()
      const written = reader.socket.frames.map(numberOf)
      expect(written.filter((number) => dropped.has(number))).toEqual([])
      expect(new Set(written).size).toBe(written.length)
      if (!overflowed) expect(written.filter((number) => critical.includes(number))).toEqual(critical)
      // Numbers grow with time, so the values of one key have to.
      for (const key of ['a', 'b', 'c', 'd']) {
        const values = written.filter((number) => keys.get(number) === key)
        expect(values).toEqual(values.toSorted((one, other) => one - other))
      }
    }),
    { numRuns: 500 },
  )
})

test('[S7] as long as everything fits, the last value of every key arrives', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), bytes: fc.integer({ min: 4, max: 20_000 }), taken: fc.integer({ min: 0, max: 5_000 }) }), { maxLength: 40 }), (acts) => {
      const reader = clogged()
      const last = new Map<string, number>()
      for (const { key, bytes, taken } of acts) {
        const push = pushOf('state', bytes, key)
        expect(reader.give(push)).not.toBe('dropped')
        last.set(key, numberOf(push.frame))
        reader.take(taken)
      }
      while (reader.outbox !== undefined) reader.take()
      expect(reader.written).toEqual(expect.arrayContaining([...last.values()]))
    }),
  )
})
