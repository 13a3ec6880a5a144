import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { createBlockingGuard, type BlockingGuard, type BlockingGuardOptions } from './blocking-guard.js'

const guards: BlockingGuard[] = []
afterEach(() => {
  for (const guard of guards.splice(0)) guard.stop()
})

/** A guard whose clock stands still unless somebody blocks, so that a busy machine blames nobody. */
const watch = (options: Pick<BlockingGuardOptions, 'thresholdMs'> = {}) => {
  let time = 0
  const named: (readonly [port: string, sliceMs: number])[] = []
  const guard = createBlockingGuard({ ...options, clock: () => time, onBlocking: (port, sliceMs) => void named.push([port, sliceMs]) })
  guards.push(guard)
  return {
    wrap: guard.wrap,
    stop: guard.stop,
    named,
    /** What a computation or a synchronous call does to everybody else. */
    block(ms: number) {
      time += ms
    },
  }
}

test('a port that blocks before its first await is named, and once only', async () => {
  const { wrap, block, named } = watch()
  const lookupUser = wrap('users', async (id: string) => {
    block(20)
    await turn()
    return { id }
  })
  expect(await lookupUser('7')).toEqual({ id: '7' })
  await lookupUser('7')
  await turn()
  expect(named).toEqual([['users', 20]])
})

test.for([
  ['a settled promise', () => Promise.resolve()],
  ['an immediate', () => turn()],
  ['a timer', () => pause(1)],
] as const)('a port that blocks after awaiting %s is named, and once only', async ([, wait]) => {
  const { wrap, block, named } = watch()
  const lookupUser = wrap('users', async () => {
    await wait()
    block(20)
    await wait()
    block(30)
  })
  await lookupUser()
  await lookupUser()
  await turn()
  expect(named).toEqual([['users', 20]])
})

test('a port that blocks in a callback of its own is named', async () => {
  const { wrap, block, named } = watch()
  const lookupUser = wrap(
    'users',
    () =>
      new Promise<void>((resolve) => {
        setTimeout(() => {
          block(20)
          resolve()
        }, 1)
      }),
  )
  await lookupUser()
  await turn()
  expect(named).toEqual([['users', 20]])
})

test('a port that answers without a promise is watched as well', async () => {
  const { wrap, block, named } = watch()
  const take = wrap('limits', (amount: number) => {
    block(5)
    return amount + 1
  })
  expect(take(1)).toBe(2)
  await turn()
  expect(named).toEqual([['limits', 5]])
})

test('a port that waits long without blocking is not named', async () => {
  const { wrap, block, named } = watch()
  const lookupUser = wrap('users', async () => {
    await pause(50)
  })
  const answer = lookupUser()
  // The time passes, but not in a slice of this port.
  block(50)
  await answer
  await turn()
  expect(named).toEqual([])
})

test('slices are not added up: many short ones are what asynchronous work looks like', async () => {
  const { wrap, block, named } = watch()
  const lookupUser = wrap('users', async () => {
    for (let i = 0; i < 50; i += 1) {
      block(1.9)
      await turn()
    }
  })
  await lookupUser()
  await turn()
  expect(named).toEqual([])
})

test('innocent calls beside a blocking one are not blamed', async () => {
  const { wrap, block, named } = watch()
  const innocent = wrap('memberships', async () => {
    for (let i = 0; i < 5; i += 1) await turn()
    return true
  })
  const guilty = wrap('users', async () => {
    await turn()
    block(20)
    await turn()
    block(20)
  })
  await Promise.all([innocent(), innocent(), guilty(), innocent()])
  await turn()
  expect(named).toEqual([['users', 20]])
})

test('what a caller does with an answer is not the time of the port', async () => {
  const { wrap, block, named } = watch()
  const lookupUser = wrap('users', async () => {
    await turn()
    return 'a user'
  })
  await lookupUser()
  block(20)
  await lookupUser().then(() => {
    block(20)
  })
  await turn()
  expect(named).toEqual([])
})

test('a port that asks another port is not blamed for it', async () => {
  const { wrap, block, named } = watch()
  const inner = wrap('memberships', () => {
    block(20)
  })
  const outer = wrap('users', () => {
    block(1)
    inner()
    block(1)
  })
  outer()
  await turn()
  expect(named).toEqual([['memberships', 20]])
})

test('a port that throws hands its error on, and is named all the same', async () => {
  const { wrap, block, named } = watch()
  const broken = wrap('users', () => {
    block(20)
    throw new RangeError('no such user')
  })
  const rejected = wrap('memberships', async () => {
    await turn()
    block(20)
    throw new RangeError('no such conversation')
  })
  expect(() => broken()).toThrow(new RangeError('no such user'))
  await expect(rejected()).rejects.toThrow(new RangeError('no such conversation'))
  await turn()
  expect(named).toEqual([
    ['users', 20],
    ['memberships', 20],
  ])
})

test('the threshold is the longest slice that nobody hears of', async () => {
  const { wrap, block, named } = watch({ thresholdMs: 10 })
  const call = wrap('users', (ms: number) => {
    block(ms)
  })
  call(10)
  await turn()
  expect(named).toEqual([])
  call(10.5)
  await turn()
  expect(named).toEqual([['users', 10.5]])
})

test('a stopped guard names nobody, and its functions go on to work', async () => {
  const { wrap, block, named, stop } = watch()
  const call = wrap('users', () => {
    block(20)
    return 'an answer'
  })
  stop()
  expect(call()).toBe('an answer')
  await turn()
  expect(named).toEqual([])
})

test('by the real clock, a busy loop of 20 ms is found before and after an await', async () => {
  const named: (readonly [port: string, sliceMs: number])[] = []
  const guard = createBlockingGuard({ onBlocking: (port, sliceMs) => void named.push([port, sliceMs]) })
  guards.push(guard)
  const spin = (ms: number): void => {
    const end = performance.now() + ms
    while (performance.now() < end);
  }
  const before = guard.wrap('users', async () => {
    spin(20)
    await turn()
  })
  const after = guard.wrap('memberships', async () => {
    await turn()
    spin(20)
  })
  await before()
  await after()
  await turn()
  expect(named.map(([port]) => port)).toEqual(['users', 'memberships'])
  for (const [, sliceMs] of named) expect(sliceMs).toBeGreaterThanOrEqual(19)
})
