import { expect, test } from 'vitest'
import { noon } from './testing/staircase.js'
import type { User } from './user.js'
import { createUserCache, defaultUserCache } from './user-cache.js'

/** A cache in front of a table that counts its questions and answers when it is told to. */
const made = (change: Partial<typeof defaultUserCache> = {}) => {
  const table = new Map<string, User>([['1', { id: '1', active: true }]])
  const clock = { at: noon }
  const asked: string[] = []
  const gates: (() => void)[] = []
  let gated = false
  const cache = createUserCache<User>(
    {
      async find(id) {
        asked.push(id)
        const answer = table.get(id)
        if (gated) await new Promise<void>((resolve) => gates.push(resolve))
        return answer
      },
    },
    { ...defaultUserCache, ...change },
    () => clock.at,
  )
  return {
    cache,
    table,
    clock,
    asked,
    find: (id: string) => cache.find(id, clock.at + 1_000),
    hold: () => {
      gated = true
    },
    release: () => {
      gated = false
      for (const open of gates.splice(0)) open()
    },
  }
}

test('an answer is held for as long as it may be stale, and a hit never makes it younger', async () => {
  const { cache, find } = made()
  await find('1')
  for (const age of [0, 15_000, 29_999, 30_000]) expect(cache.held('1', noon + age)).toEqual({ id: '1', active: true })
  expect(cache.held('1', noon + 30_001)).toBeUndefined()
  expect(cache.held('1', noon)).toBeUndefined()
})

test('an answer ages from the moment the question was asked, not from the answer', async () => {
  const { cache, clock, find, hold, release } = made()
  hold()
  const waiting = find('1')
  await Promise.resolve()
  await Promise.resolve()
  clock.at = noon + 20_000
  release()
  await waiting
  expect(cache.held('1', noon + 30_000)).toBeDefined()
  expect(cache.held('1', noon + 30_001)).toBeUndefined()
})

test('a clock that is set back by more than an answer may be stale makes no answer live for ever', async () => {
  const { cache, find } = made()
  await find('1')
  expect(cache.held('1', noon - 30_000)).toBeDefined()
  expect(cache.held('1', noon - 30_001)).toBeUndefined()
})

test('simultaneous questions about one user share a look-up', async () => {
  const { asked, find } = made()
  const answers = await Promise.all([find('1'), find('1'), find('1')])
  expect(answers).toHaveLength(3)
  expect(asked).toEqual(['1'])
})

test('H7: a look-up that never ends is shared until its deadline, and whoever asks then asks anew', async () => {
  const { asked, clock, find, hold, release } = made()
  hold()
  const first = find('1')
  clock.at = noon + 999
  void find('1')
  expect(asked).toEqual(['1'])
  clock.at = noon + 1_000
  const second = find('1')
  expect(asked).toEqual(['1', '1'])
  release()
  expect(await Promise.all([first, second])).toEqual([{ id: '1', active: true }, { id: '1', active: true }])
})

test('an unknown user is asked about again, so that one who signs up is known at once', async () => {
  const { cache, table, find, asked } = made()
  expect(await find('2')).toBeUndefined()
  table.set('2', { id: '2', active: true })
  expect(await find('2')).toEqual({ id: '2', active: true })
  expect(cache.held('2', noon)).toBeDefined()
  expect(asked).toEqual(['2', '2'])
})

test('a user that was changed is forgotten, also when the old answer is still under way', async () => {
  const { cache, table, find, hold, release, asked } = made()
  await find('1')
  cache.changed('1')
  expect(cache.held('1', noon)).toBeUndefined()
  hold()
  const old = find('1')
  await Promise.resolve()
  await Promise.resolve()
  expect(asked).toHaveLength(2)
  table.set('1', { id: '1', active: false })
  cache.changed('1')
  release()
  expect(await old).toEqual({ id: '1', active: true })
  expect(cache.held('1', noon)).toBeUndefined()
  expect(await find('1')).toEqual({ id: '1', active: false })
  expect(cache.held('1', noon)).toEqual({ id: '1', active: false })
})

test('a failed look-up is not remembered, whether the port rejects or throws', async () => {
  let answer: () => Promise<User | undefined> = () => Promise.reject(new Error('away'))
  const cache = createUserCache<User>({ find: () => answer() }, defaultUserCache, () => noon)
  await expect(cache.find('1', noon)).rejects.toThrow('away')
  answer = () => {
    throw new Error('broken')
  }
  await expect(cache.find('1', noon)).rejects.toThrow('broken')
  answer = () => Promise.resolve({ id: '1', active: true })
  await expect(cache.find('1', noon)).resolves.toEqual({ id: '1', active: true })
})

test('of more users than fit the ones that were not asked for longest are forgotten', async () => {
  const { cache, table, find } = made({ entries: 2 })
  for (const id of ['1', '2', '3']) {
    table.set(id, { id, active: true })
    await find(id)
  }
  expect(['1', '2', '3'].map((id) => cache.held(id, noon)?.id)).toEqual([undefined, '2', '3'])
})

test('with no staleness allowed an answer is good for its own millisecond', async () => {
  const { cache, find } = made({ maxStaleMs: 0 })
  await find('1')
  expect(cache.held('1', noon)).toBeDefined()
  expect(cache.held('1', noon + 1)).toBeUndefined()
})

test('[A17] a user who is not as he must be is a failure of the store: no ban would reach him, or "false" would let him in', async () => {
  // Rows come out of a database as anything, whatever the types of its driver say.
  const answering = (row: object) => createUserCache<User>({ find: () => Object.assign({ id: '1', active: true }, row) }, defaultUserCache, () => noon).find('1', noon + 1_000)
  await expect(answering({ id: 1 })).rejects.toThrow('whose "id" is not the text that was asked for, "1": current value is 1')
  await expect(answering({ id: 'a-1' })).rejects.toThrow('current value is "a-1"')
  await expect(answering({ id: undefined })).rejects.toThrow('whose "id" is not the text that was asked for, "1": current value is undefined')
  await expect(answering({ active: 'false' })).rejects.toThrow('whose "active" is neither true nor false: current value is "false"')
  await expect(answering({ active: undefined })).rejects.toThrow('whose "active" is neither true nor false: current value is undefined')
  await expect(answering({ active: 1 })).rejects.toThrow('current value is 1; where a database answers 1 or 0, answer active: row.active === 1')
  await expect(answering({ epoch: '7' })).rejects.toThrow('whose "epoch" is not a number: current value is "7"')
  await expect(answering({ name: 'Sara', epoch: null })).resolves.toMatchObject({ id: '1', name: 'Sara' })
})
