import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { StoreUnavailable } from '../../admission/store-unavailable.js'
import { openSqlite } from './engine.js'
import { createEngines } from './testing/engines.js'
import { createGate } from './testing/gate.js'
import { addThing, insertThing, namesOfThings, openThings, stateOf } from './testing/things.js'

const engines = createEngines()
afterEach(() => engines.closeAll())

describe('a call that is not answered before its deadline', () => {
  test('rejects, and is not begun when its turn comes too late', async () => {
    const engine = await openThings(engines)
    const gate = createGate()
    const holding = engine.write('hold', gate.flags, Date.now() + 60_000)
    await gate.held()
    const late = addThing(engine, 'late', Date.now() + 20)
    const patient = addThing(engine, 'patient', Date.now() + 60_000)
    await expect(late).rejects.toThrow(StoreUnavailable)
    gate.release()
    await Promise.all([holding, patient])
    expect(await namesOfThings(engine)).toEqual(['patient'])
  })

  test('rejects also when the worker is in the middle of it', async () => {
    const path = await engines.newPath()
    await openThings(engines, { path })
    const engine = await engines.open({ path, deadlineMs: 20 })
    const gate = createGate()
    await expect(engine.write('hold', gate.flags)).rejects.toThrow(StoreUnavailable)
    gate.release()
    expect(await addThing(engine, 'next', Date.now() + 60_000)).toHaveLength(1)
  })

  test('rejects at its own deadline and not at the deadline of its neighbours', async () => {
    const engine = await openThings(engines)
    const gate = createGate()
    const holding = engine.write('hold', gate.flags, Date.now() + 60_000)
    await gate.held()
    const order: string[] = []
    const note = (name: string) => (): void => void order.push(name)
    await Promise.all([
      addThing(engine, 'c', Date.now() + 150).catch(note('third')),
      addThing(engine, 'a', Date.now() + 10).catch(note('first')),
      addThing(engine, 'b', Date.now() + 80).catch(note('second')),
      addThing(engine, 'gone', Date.now() - 1).catch(note('at once')),
    ])
    expect(order).toEqual(['at once', 'first', 'second', 'third'])
    gate.release()
    await holding
  })
})

describe('a worker that dies', () => {
  test('takes with it what it was asked and nothing that was committed, and is replaced', async () => {
    const engine = await openThings(engines)
    await addThing(engine, 'before')
    const death = engine.write('dieAfter', { sql: insertThing, params: ['never'] })
    const neighbour = addThing(engine, 'neighbour')
    await Promise.all([expect(death).rejects.toThrow(StoreUnavailable), expect(neighbour).rejects.toThrow(StoreUnavailable)])
    await addThing(engine, 'after')
    expect(await namesOfThings(engine)).toEqual(['before', 'after'])
  })

  test('again and again is given pauses, in which calls are refused at once', async () => {
    const engine = await openThings(engines)
    const die = (): Promise<unknown> => engine.write('dieAfter', { sql: 'select 1', params: [] })
    // The first start after a death is at once, the second waits.
    await expect(engine.write('dieAfter', { sql: insertThing, params: ['1'] })).rejects.toThrow(StoreUnavailable)
    await expect(engine.write('dieAfter', { sql: insertThing, params: ['2'] })).rejects.toThrow(StoreUnavailable)
    const refused = addThing(engine, 'refused')
    await expect(refused).rejects.toThrow('died')
    expect(await stateOf(engine, refused)).toBe('settled')
    for (let stored = false; !stored; ) {
      stored = await addThing(engine, 'stored').then(
        () => true,
        () => false,
      )
      await new Promise(setImmediate)
    }
    expect(await namesOfThings(engine)).toEqual(['stored'])
    await expect(die()).rejects.toThrow()
  })

  test('does not disturb the readers', async () => {
    const engine = await openThings(engines)
    const death = expect(engine.write('dieAfter', { sql: insertThing, params: ['never'] })).rejects.toThrow(StoreUnavailable)
    expect(await engine.read('admission', 'select 1 as one')).toEqual([{ one: 1 }])
    await death
  })
})

describe('pending calls', () => {
  test('are bounded: one more is refused, and there is room again when some are done', async () => {
    const engine = await openThings(engines, { maxPending: 5 })
    const gate = createGate()
    const holding = engine.write('hold', gate.flags, Date.now() + 60_000)
    await gate.held()
    const waiting = Array.from({ length: 4 }, (_, index) => addThing(engine, String(index), Date.now() + 60_000))
    await expect(addThing(engine, 'one more')).rejects.toThrow(StoreUnavailable)
    expect(await engine.read('admission', 'select 1 as one')).toEqual([{ one: 1 }])
    gate.release()
    await Promise.all([holding, ...waiting])
    await addThing(engine, 'one more')
    expect(await namesOfThings(engine)).toHaveLength(5)
  })
})

describe('disk and lock', () => {
  test('a full disk rejects the whole batch, and what was there stays', async () => {
    const engine = await openThings(engines)
    await addThing(engine, 'before')
    const pages = await engine.read<{ page_count: number }>('lists', 'pragma page_count')
    await engine.write('script', `pragma max_page_count = ${(pages[0]?.page_count ?? 0) + 8}`)
    const large = Array.from({ length: 64 }, (_, index) => addThing(engine, `${index} ${'x'.repeat(4_000)}`))
    const results = await Promise.allSettled(large)
    const refused = results.filter((result) => result.status === 'rejected')
    expect(refused.length).toBeGreaterThan(0)
    for (const { reason } of refused) {
      expect(reason).toBeInstanceOf(StoreUnavailable)
      expect(reason).toMatchObject({ message: 'The disk that holds the database is full.', cause: { code: 'SQLITE_FULL' } })
    }
    expect(await namesOfThings(engine)).toHaveLength(1 + results.length - refused.length)
    await engine.write('script', 'pragma max_page_count = 4294967294')
    await addThing(engine, 'after')
  })

  test('a write lock that another process keeps is an outage, and over when it lets go', async () => {
    const path = await engines.newPath()
    const [holder, other] = [await openThings(engines, { path }), await openThings(engines, { path, busyTimeoutMs: 20 })]
    const gate = createGate()
    const holding = holder.write('hold', gate.flags, Date.now() + 60_000)
    await gate.held()
    const refusal: unknown = await addThing(other, 'x').catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(StoreUnavailable)
    expect(refusal).toMatchObject({ cause: { code: 'SQLITE_BUSY' } })
    gate.release()
    await holding
    await addThing(other, 'x')
    expect(await namesOfThings(holder)).toEqual(['x'])
  })
})

describe('close', () => {
  test('finishes what is under way, then refuses', async () => {
    const path = await engines.newPath()
    const engine = await openThings(engines, { path })
    const writes = Array.from({ length: 1_000 }, (_, index) => addThing(engine, String(index)))
    const closing = engine.close()
    await expect(addThing(engine, 'too late')).rejects.toThrow('The database is closed.')
    await Promise.all([...writes, closing, engine.close()])
    await expect(engine.read('lists', 'select 1')).rejects.toThrow(StoreUnavailable)
    expect(await namesOfThings(await engines.open({ path }))).toHaveLength(1_000)
  })

  test('leaves everything in the one file', async () => {
    const path = await engines.newPath()
    const engine = await openThings(engines, { path })
    await addThing(engine, 'a')
    await engine.close()
    expect(existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0).toBe(false)
  })

  test('of a temporary database leaves nothing', async () => {
    const engine = await openThings(engines)
    await engine.close()
    expect(existsSync(dirname(engine.path))).toBe(false)
  })

  test('does not wait for ever for a call that is never answered', async () => {
    const engine = await openThings(engines, { closeWaitMs: 50 })
    const gate = createGate()
    const stuck = engine.write('hold', gate.flags, Date.now() + 20)
    const closing = engine.close()
    await expect(stuck).rejects.toThrow(StoreUnavailable)
    await closing
    gate.release()
  })
})

test.each([{ readers: 1 }, { readers: 17 }, { readers: 2.5 }, { deadlineMs: 0 }, { maxPending: -1 }, { busyTimeoutMs: Number.NaN }])(
  'options out of range are refused: %j',
  async (wrong) => {
    await expect(openSqlite({ path: ':temporary:', ...wrong })).rejects.toThrow(RangeError)
  },
)
