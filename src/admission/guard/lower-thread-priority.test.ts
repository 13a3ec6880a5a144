import { getPriority } from 'node:os'
import { expect, test } from 'vitest'
import { offload } from './offload.js'
import { loweredThreads, showsPriorities } from './testing/thread-priorities.js'

test.runIf(showsPriorities)('a thread that lowers its priority lowers no other (when skipped: only Linux gives a priority to one thread)', async () => {
  const before = await loweredThreads()
  const lower = offload<[], undefined>(new URL('lower-thread-priority.js', import.meta.url), 'lowerThreadPriority', { threads: 1, deadlineMs: 15_000 })
  await lower()
  expect((await loweredThreads()).length - before.length).toBe(1)
  expect(getPriority()).toBe(0)
  await lower.close()
})
