import { createHook } from 'node:async_hooks'
import { expect, test } from 'vitest'
import { createLoopDelay } from './loop-delay.js'

test('samplers that come and go share one histogram, and each that runs has its own', () => {
  let made = 0
  const hook = createHook({
    init(_id, type) {
      if (type === 'ELDHISTOGRAM') made += 1
    },
  }).enable()
  try {
    for (let index = 0; index < 100; index += 1) {
      const delay = createLoopDelay()
      delay.stop()
      delay.stop()
    }
    expect(made).toBe(1)
    const [one, other] = [createLoopDelay(), createLoopDelay()]
    expect(made).toBe(2)
    one.stop()
    other.stop()
  } finally {
    hook.disable()
  }
})
