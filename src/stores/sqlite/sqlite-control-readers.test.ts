import { afterEach, expect, test } from 'vitest'
import { createSqliteControlLog } from './sqlite-control-log.js'
import { createSqliteControlReaders } from './sqlite-control-readers.js'
import { createEngines } from './testing/engines.js'

const engines = createEngines()
afterEach(() => engines.closeAll())

const at = Date.UTC(2026, 0, 15)

const threeReaders = async () => {
  const engine = await engines.openMigrated()
  const [a, b, c] = [createSqliteControlReaders(engine, 'a'), createSqliteControlReaders(engine, 'b'), createSqliteControlReaders(engine, 'c')]
  for (const reader of [a, b, c]) await reader.join(at)
  return { engine, a, b, c }
}

test('[S18] a reader sees all others, with what they answered to one end and to no other', async () => {
  const { a, b, c } = await threeReaders()
  await b.answer('end', 3, at)
  await b.answer('another', 5, at)
  await c.answer('another', 0, at)
  expect(await a.answers('end')).toEqual([
    { reader: 'b', sockets: 3 },
    { reader: 'c', sockets: undefined },
  ])
  expect(await a.answers('another')).toEqual([
    { reader: 'b', sockets: 5 },
    { reader: 'c', sockets: 0 },
  ])
})

test('[S18] who answers twice is counted once, by his first answer', async () => {
  const { a, b } = await threeReaders()
  await b.answer('end', 3, at)
  await b.answer('end', 0, at + 1)
  expect((await a.answers('end'))[0]).toEqual({ reader: 'b', sockets: 3 })
})

test('[S18] who left or was forgotten is not waited for, and who was forgotten is known again by his next answer', async () => {
  const { a, b, c } = await threeReaders()
  await b.leave()
  await a.forget(['c', 'nobody'])
  expect(await a.answers('end')).toEqual([])
  await c.answer('end', 2, at)
  expect(await a.answers('end')).toEqual([{ reader: 'c', sockets: 2 }])
})

test('[S18] answers of a minute ago are removed by the next end', async () => {
  const { engine, a, b } = await threeReaders()
  const log = createSqliteControlLog(engine)
  const end = { id: 'end', subject: { kind: 'user', userId: '1' }, reader: 'a' } as const
  await b.answer('old', 1, at)
  await log.sessionsEnded({ ...end, endedAt: at + 60_000 })
  expect((await a.answers('old'))[0]?.sockets).toBe(1)
  await log.sessionsEnded({ ...end, endedAt: at + 60_001 })
  expect((await a.answers('old'))[0]?.sockets).toBeUndefined()
})

test('[T18] however often a process dies, a hundred names are kept, the newest', async () => {
  const { engine, a } = await threeReaders()
  for (let start = 1; start <= 150; start++) await createSqliteControlReaders(engine, `crashed-${String(start)}`).join(at + start)
  expect(await a.answers('end')).toHaveLength(100)
  await a.answer('end', 1, at + 200)
  expect((await createSqliteControlReaders(engine, 'crashed-150').answers('end'))[0]).toEqual({ reader: 'a', sockets: 1 })
})
