import { cwd, env } from 'node:process'
import { afterAll, expect, vi } from 'vitest'

// Files that share a process hand it on as they found it; one that does not fails here, and not the next one.

/** What every file of the process sees. */
const surroundings = () => ({
  functions: [Date.now, performance.now, setTimeout, setInterval, setImmediate, queueMicrotask, fetch, Reflect.get(globalThis, 'WebSocket')],
  fake: vi.isFakeTimers(),
  folder: cwd(),
  environment: { ...env },
  listeners: process.eventNames().map((name) => [name, process.listenerCount(name)]),
})

const found = surroundings()
afterAll(() => {
  expect(surroundings()).toEqual(found)
})
