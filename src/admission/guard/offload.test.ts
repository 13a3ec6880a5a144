import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { StoreUnavailable } from '../store-unavailable.js'
import { offload, type OffloadOptions } from './offload.js'

const blocking = new URL('testing/blocking-module.js', import.meta.url)
const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const { close } of open.splice(0)) await close()
})

const offloaded = <A extends unknown[], R>(name: string, options: OffloadOptions = {}) => {
  const made = offload<A, R>(blocking, name, { deadlineMs: 15_000, ...options })
  open.push(made)
  return made
}

const newGate = () => {
  const memory = new SharedArrayBuffer(4)
  return {
    memory,
    open() {
      const view = new Int32Array(memory)
      Atomics.store(view, 0, 1)
      Atomics.notify(view, 0)
    },
  }
}

test('an offloaded function answers with what the blocking one returns', async () => {
  const block = offloaded<[ms: number, answer: string], string>('block')
  expect(await block(1, 'done')).toBe('done')
})

test('the loop goes on while the function blocks', async () => {
  const gate = newGate()
  const events: string[] = []
  const wait = offloaded<[gate: SharedArrayBuffer], string>('blockUntil')
  const answer = wait(gate.memory).then((text) => events.push(text))
  // Only this thread can open the gate: were it blocked, no timer would fire and nothing would ever be opened.
  for (let i = 0; i < 5; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    events.push('timer')
  }
  gate.open()
  await answer
  expect(events).toEqual(['timer', 'timer', 'timer', 'timer', 'timer', 'opened'])
})

test('an error of the function keeps its kind and its message', async () => {
  const fail = offloaded<[message: string], never>('fail')
  await expect(fail('the disk is full')).rejects.toThrow(new RangeError('the disk is full'))
})

test('an asynchronous function may be offloaded as well', async () => {
  const later = offloaded<[answer: string], string>('later')
  expect(await later('after a while')).toBe('after a while')
})

test('a call that takes too long is given up, and the calls behind it have a thread', async () => {
  const gate = newGate()
  const wait = offloaded<[gate: SharedArrayBuffer], string>('blockUntil', { threads: 1, deadlineMs: 1_500 })
  const late = wait(gate.memory)
  const refused = expect(late).rejects.toThrow(new StoreUnavailable('blockUntil', 'no answer within 1500 ms'))
  await new Promise((resolve) => setTimeout(resolve, 800))
  const other = newGate()
  other.open()
  const behind = wait(other.memory)
  await refused
  expect(await behind).toBe('opened')
})

test('the deadline counts the time in the queue', async () => {
  const gate = newGate()
  const wait = offloaded<[gate: SharedArrayBuffer], string>('blockUntil', { threads: 1, deadlineMs: 200 })
  const outcomes = await Promise.allSettled([wait(gate.memory), wait(gate.memory)])
  for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'no answer within 200 ms' } })
})

test('the queue is bounded: what does not fit is refused at once, and who waits is served in order', async () => {
  const gate = newGate()
  const wait = offloaded<[gate: SharedArrayBuffer], string>('blockUntil', { threads: 1, maxQueue: 2 })
  const answered: number[] = []
  const calls = [0, 1, 2].map((index) => wait(gate.memory).then(() => answered.push(index)))
  await expect(wait(gate.memory)).rejects.toThrow(new StoreUnavailable('blockUntil', 'more than 2 calls wait'))
  gate.open()
  await Promise.all(calls)
  expect(answered).toEqual([0, 1, 2])
})

test('a closed one refuses, also the calls that wait', async () => {
  const gate = newGate()
  const wait = offloaded<[gate: SharedArrayBuffer], string>('blockUntil', { threads: 1 })
  const calls = Promise.allSettled([wait(gate.memory), wait(gate.memory)])
  await turn()
  await wait.close()
  for (const outcome of await calls) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ERR_STORE_UNAVAILABLE' } })
  await expect(wait(gate.memory)).rejects.toThrow(new StoreUnavailable('blockUntil', 'it was closed'))
})

test('a name that is no function is said', async () => {
  await expect(offloaded<[], unknown>('notAFunction')()).rejects.toThrow(`Cannot offload "notAFunction" as ${blocking.href} exports no function of that name`)
  await expect(offloaded<[], unknown>('missing')()).rejects.toThrow('Cannot offload "missing"')
})

test('wrong options are refused at creation', () => {
  expect(() => offload('not a url', 'f')).toThrow(new TypeError('Cannot create an offloaded function as "moduleUrl" must be a URL: current value is not a url'))
  expect(() => offload(blocking, 'f', { threads: 0 })).toThrow(new RangeError('Cannot create an offloaded function as "threads" must be a positive integer: current value is 0'))
  expect(() => offload(blocking, 'f', { maxQueue: 1.5 })).toThrow(RangeError)
  expect(() => offload(blocking, 'f', { deadlineMs: -1 })).toThrow(RangeError)
})
