import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { loweredThreads, showsPriorities } from '../../admission/guard/testing/thread-priorities.js'
import { StoreUnavailable } from '../../admission/store-unavailable.js'
import { ProcedureFailed, SqliteFailure } from './sqlite-failure.js'
import { createEngines } from './testing/engines.js'
import { createGate } from './testing/gate.js'
import { addThing, insertThing, namesOfThings, openThings, stateOf } from './testing/things.js'

const engines = createEngines()
afterEach(() => engines.closeAll())

const reasonOf = (result: PromiseSettledResult<unknown> | undefined): unknown => (result?.status === 'rejected' ? result.reason : undefined)

/** Counts to some millions: a second of work or more, and no row until it is done. */
const slowScan = 'with recursive n (i) as (select 1 union all select i + 1 from n where i < 6000000) select count(*) as count from n'

test('a commit is on the disk, references are checked, and readers do not wait for the writer', async () => {
  const engine = await openThings(engines)
  const pragma = (name: string): Promise<unknown> => engine.write('sql', { sql: `pragma ${name}` })
  expect(await pragma('journal_mode')).toEqual([{ journal_mode: 'wal' }])
  // 2 is FULL: the log is synchronised at every commit.
  expect(await pragma('synchronous')).toEqual([{ synchronous: 2 }])
  expect(await pragma('foreign_keys')).toEqual([{ foreign_keys: 1 }])
})

describe('a write', () => {
  test('that resolved is seen by every read that comes after it', async () => {
    const engine = await openThings(engines)
    for (let index = 0; index < 50; index++) {
      await addThing(engine, String(index))
      expect(await engine.read('admission', 'select name from things where name = ?', [String(index)])).toHaveLength(1)
    }
  })

  test('answers what its procedure returned', async () => {
    const engine = await openThings(engines)
    expect(await addThing(engine, 'a')).toEqual([{ id: 1 }])
  })

  test('resolves only when its whole batch is committed', async () => {
    const engine = await openThings(engines)
    const gate = createGate()
    const stored = addThing(engine, 'a')
    const holding = engine.write('hold', gate.flags)
    await gate.held()
    expect(await stateOf(engine, stored)).toBe('pending')
    expect(await namesOfThings(engine)).toEqual([])
    gate.release()
    await Promise.all([stored, holding])
    expect(await namesOfThings(engine)).toEqual(['a'])
  })

  test('that fails is undone alone: its neighbours in the batch are stored', async () => {
    const engine = await openThings(engines)
    const results = await Promise.allSettled([
      addThing(engine, 'a'),
      engine.write('failAfter', { sql: insertThing, params: ['b'] }),
      addThing(engine, 'c'),
      addThing(engine, 'a'),
      addThing(engine, 'd'),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'])
    expect(reasonOf(results[1])).toBeInstanceOf(ProcedureFailed)
    expect(reasonOf(results[3])).toBeInstanceOf(SqliteFailure)
    expect(reasonOf(results[3])).toMatchObject({ code: 'SQLITE_CONSTRAINT_UNIQUE' })
    expect(await namesOfThings(engine)).toEqual(['a', 'c', 'd'])
  })

  test('is stored exactly when it resolved, in whatever company it was', async () => {
    const engine = await openThings(engines)
    const ask = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd', 'e'), fails: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(ask, { maxLength: 30 }), async (asks) => {
        await engine.write('sql', { sql: 'delete from things' })
        const results = await Promise.allSettled(
          asks.map(({ name, fails }) => (fails ? engine.write('failAfter', { sql: insertThing, params: [name] }) : addThing(engine, name))),
        )
        const stored = asks.filter((_, index) => results[index]?.status === 'fulfilled').map(({ name }) => name)
        expect(await namesOfThings(engine)).toEqual(stored)
        expect(stored.toSorted()).toEqual([...new Set(asks.filter(({ fails }) => !fails).map(({ name }) => name))].toSorted())
      }),
      { numRuns: 50 },
    )
  })

  test('by an asynchronous procedure is refused and undone: it would outlive its transaction', async () => {
    const engine = await engines.openMigrated()
    await expect(engine.write('asynchronous', undefined)).rejects.toThrow(ProcedureFailed)
    expect(await engine.read('lists', `select 1 from counters where name = 'asynchronous'`)).toEqual([])
  })

  test('by a procedure that does not exist is refused', async () => {
    const engine = await openThings(engines)
    // @ts-expect-error -- the types refuse it already
    await expect(engine.write('toString', {})).rejects.toThrow('There is no procedure toString')
  })
})

describe('a read', () => {
  test('of admission does not wait for a scan on lists', async () => {
    const engine = await openThings(engines)
    await addThing(engine, 'a')
    const order: string[] = []
    const scan = engine.read('lists', slowScan, [], Date.now() + 60_000).then(() => order.push('scan'))
    for (let index = 0; index < 20; index++) {
      await engine.read('admission', 'select 1 from things where name = ?', ['a'])
      order.push('look-up')
    }
    await scan
    expect(order).toEqual([...Array.from({ length: 20 }, () => 'look-up'), 'scan'])
  })

  test('of lists does not wait for another one when there is a reader left', async () => {
    const engine = await openThings(engines, { readers: 3 })
    const order: string[] = []
    await Promise.all([
      engine.read('lists', slowScan, [], Date.now() + 60_000).then(() => order.push('slow')),
      engine.read('lists', 'select 1').then(() => order.push('quick')),
    ])
    expect(order).toEqual(['quick', 'slow'])
  })

  test('does not wait for a writer that is busy', async () => {
    const engine = await openThings(engines)
    const gate = createGate()
    const holding = engine.write('hold', gate.flags)
    await gate.held()
    expect(await engine.read('admission', 'select 1 as one')).toEqual([{ one: 1 }])
    gate.release()
    await holding
  })

  test('that fails leaves the others of its batch alone', async () => {
    const engine = await openThings(engines)
    const [good, bad, unfit] = await Promise.allSettled([
      engine.read('lists', 'select ? as value', ['é😀']),
      engine.read('lists', 'select * from nowhere'),
      engine.read('lists', 'select ?', []),
    ])
    expect(good).toEqual({ status: 'fulfilled', value: [{ value: 'é😀' }] })
    expect(reasonOf(bad)).toBeInstanceOf(SqliteFailure)
    expect(reasonOf(unfit)).toBeInstanceOf(ProcedureFailed)
  })

  test('cannot write', async () => {
    const engine = await openThings(engines)
    await expect(engine.read('lists', `insert into things (name) values ('x') returning id`)).rejects.toThrow(StoreUnavailable)
    expect(await namesOfThings(engine)).toEqual([])
  })

  test('of several statements sees one moment, also while others write', async () => {
    const engine = await openThings(engines)
    const writing = Promise.all(Array.from({ length: 200 }, (_, index) => addThing(engine, String(index))))
    for (let round = 0; round < 50; round++) {
      const count = { sql: 'select count(*) as count from things', params: [] }
      const [before, list, after] = await engine.snapshot<[{ count: number }, { name: string }, { count: number }]>('lists', [
        count,
        { sql: 'select name from things where id > :after', params: { after: 0 } },
        count,
      ])
      expect(after).toEqual(before)
      expect(list).toHaveLength(before[0]?.count ?? -1)
    }
    await writing
  })
})

test.runIf(showsPriorities)('all other threads go before the one that searches (when skipped: only Linux gives a priority to one thread)', async () => {
  const known = new Set((await loweredThreads()).map(({ id }) => id))
  const engine = await openThings(engines)
  const lowered = async () => (await loweredThreads()).filter(({ id }) => !known.has(id))
  expect(await lowered()).toHaveLength(1)
  const spent = async (work: () => Promise<unknown>): Promise<number> => {
    const ticks = (await lowered())[0]?.ticks ?? 0
    await work()
    return ((await lowered())[0]?.ticks ?? 0) - ticks
  }
  const onPages = await spent(() => Promise.all([engine.read('lists', slowScan), engine.read('admission', slowScan)]))
  expect(await spent(() => engine.read('search', slowScan))).toBeGreaterThan(10 * onPages + 5)
})
