import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { StoreUnavailable } from '../../admission/store-unavailable.js'
import { createSqliteSweeper } from './sqlite-sweeper.js'
import { createSqliteBans } from './sqlite-bans.js'
import { createSqliteConversations } from './sqlite-conversations.js'
import { createSqliteControlLog } from './sqlite-control-log.js'
import { createSqliteRevocations } from './sqlite-revocations.js'
import type { SweepAsk } from './procedures/sweep.js'
import { createEngines } from './testing/engines.js'
import { sampleOf } from './testing/small-workspace.js'

const at = Date.UTC(2026, 0, 15)
const hour = 3_600_000

describe('a part of a round', () => {
  const engines = createEngines()
  afterEach(() => engines.closeAll())

  const opened = async () => {
    const engine = await engines.openMigrated()
    const stores = { engine, bans: createSqliteBans(engine), revocations: createSqliteRevocations(engine), control: createSqliteControlLog(engine) }
    const seqs = async (): Promise<readonly number[]> => (await stores.control.since(0, 1_000)).map(({ seq }) => seq)
    const subjects = async (table: 'bans' | 'revocations'): Promise<readonly string[]> =>
      (await engine.read<{ subject: string }>('lists', `select subject from ${table} order by subject`)).map(({ subject }) => subject)
    const sweep = (ask: Partial<SweepAsk>) => engine.write('sweep', { events: 0, revocations: 0, bans: 0, changes: 0, ahead: at + 24 * hour, limit: 100, ...ask })
    return { ...stores, seqs, subjects, sweep }
  }

  test('[B11] removes the oldest events up to the first that is kept, in parts, and never the newest', async () => {
    const { control, seqs, sweep } = await opened()
    for (const age of [9, 8, 7, 2, 8, 1]) await control.userChanged('1', at - age * hour)
    expect(await sweep({ events: at - 9 * hour })).toBe(false)
    expect(await seqs()).toEqual([1, 2, 3, 4, 5, 6])
    expect(await sweep({ events: at - 5 * hour, limit: 2 })).toBe(true)
    expect(await seqs()).toEqual([3, 4, 5, 6])
    // The fifth is old by a clock that was set back; removing it would tear a hole.
    expect(await sweep({ events: at - 5 * hour })).toBe(false)
    expect(await seqs()).toEqual([4, 5, 6])
    expect(await sweep({ events: at + hour })).toBe(false)
    expect([await seqs(), await control.head()]).toEqual([[6], 6])
    expect(await sweep({ events: at + hour })).toBe(false)
    expect(await seqs()).toEqual([6])
  })

  test('[B11] removes events of a clock that was far ahead, which would keep all that came after them', async () => {
    const { control, seqs, engine, sweep } = await opened()
    for (const age of [9, -9_000, -9_000, 8, -1, 1]) await control.userChanged('1', at - age * hour)
    expect(await sweep({ events: at - 5 * hour })).toBe(false)
    expect(await seqs()).toEqual([5, 6])

    const conversations = createSqliteConversations(engine)
    await conversations.importWorkspace(sampleOf('1', 1))
    const log = async () => (await engine.read<{ readonly at: number }>('lists', 'select at from workspace_log order by offset')).map((row) => (at - row.at / 1_000) / hour)
    const [conversation] = await engine.read<{ readonly id: string }>('lists', 'select id from conversations')
    for (const [priority, age] of [-9_000, -9_001, 8, -1, 1].entries()) await conversations.update({ workspace: '1', conversation: conversation?.id ?? '', at: at - age * hour, priority: 2 + priority, by: 'u1' })
    expect((await log()).slice(-5)).toEqual([-9_000, -9_001, 8, -1, 1])
    expect(await sweep({ changes: at - 5 * hour })).toBe(false)
    expect(await log()).toEqual([-1, 1])
  })

  test('[B11] removes revocations whose tokens have ended, the oldest ends first', async () => {
    const { revocations, subjects, sweep } = await opened()
    for (const [tokenId, until] of [['b', at - 1], ['a', at - 2], ['c', at], ['d', at + hour]] as const) await revocations.add({ kind: 'token', tokenId, until }, 'ada', at - hour)
    await revocations.add({ kind: 'user', userId: 'u', before: at - hour, until: at - 3 }, 'ada', at - hour)
    expect(await sweep({ revocations: at, limit: 1 })).toBe(true)
    expect(await subjects('revocations')).toEqual(['a', 'b', 'c', 'd'])
    expect(await sweep({ revocations: at })).toBe(false)
    expect(await subjects('revocations')).toEqual(['c', 'd'])
  })

  test('[B11] removes bans that ended by themselves or were lifted, and none that is in force', async () => {
    const { bans, subjects, sweep } = await opened()
    const add = (userId: string, expiresAt: number | undefined) =>
      bans.add({ subject: { kind: 'user', userId }, reason: 'abuse', actor: 'ada', source: 'manual', createdAt: at - 9 * hour, expiresAt })
    await add('ended', at - 1)
    await add('just ended', at)
    await add('for ever', undefined)
    await add('in force', at + hour)
    for (const [userId, liftedAt] of [['lifted', at - 2], ['lifted later', at]] as const) {
      await add(userId, at + hour)
      await bans.lift({ kind: 'user', userId }, 'grace', liftedAt)
    }
    expect(await sweep({ bans: at, limit: 1 })).toBe(true)
    expect(await subjects('bans')).toEqual(['ended', 'for ever', 'in force', 'just ended', 'lifted later'])
    expect(await sweep({ bans: at })).toBe(false)
    expect(await subjects('bans')).toEqual(['for ever', 'in force', 'just ended', 'lifted later'])
  })

  test('[B11] removes the oldest events of each workspace, and who resumes from before them begins anew', async () => {
    const { engine, sweep } = await opened()
    const conversations = createSqliteConversations(engine)
    for (const workspace of ['1', '2']) {
      const { conversations: [sample], ...rest } = sampleOf(workspace, 1)
      if (sample === undefined) throw new Error('there is one')
      const conversation = `c${workspace}`
      await conversations.importWorkspace({ ...rest, conversations: [{ ...sample, id: conversation, messages: [] }] })
      for (const age of [9, 8, 7, 1]) await conversations.update({ workspace, conversation, at: at - age * hour, priority: age, by: 'u1' })
    }
    const offsets = async (workspace: string, after: number) => (await conversations.since(workspace, after, 100))?.events?.map(({ offset }) => offset)
    const [first = 0, ...later] = (await offsets('1', 0)) ?? []
    expect(await sweep({ changes: at - 8 * hour, limit: 100 })).toBe(false)
    expect([await offsets('1', first - 1), await offsets('2', first - 1), await offsets('1', first)]).toEqual([undefined, undefined, later])
    expect(await sweep({ changes: at - 2 * hour, limit: 3 })).toBe(true)
    expect(await sweep({ changes: at - 2 * hour, limit: 3 })).toBe(false)
    expect([await offsets('1', first + 1), await offsets('1', first + 2), await offsets('2', first + 2)]).toEqual([undefined, [first + 3], [first + 3]])
  })

  test('[B11] finds ended bans and revocations by an index: what is in force is not looked at', async () => {
    const { engine } = await opened()
    const plan = async (sql: string): Promise<string> =>
      (await engine.read<{ detail: string }>('lists', `explain query plan ${sql}`, [at])).map(({ detail }) => detail).join('; ')
    expect(await plan('select id from bans where coalesce(lifted_ms, expires_ms) < ? order by coalesce(lifted_ms, expires_ms) limit 5')).toMatch(
      /^SEARCH bans USING INDEX bans_by_end \(<expr><\?\)$/,
    )
    expect(await plan('select id from revocations where until_ms < ? order by until_ms limit 5')).toMatch(
      /^SEARCH revocations USING COVERING INDEX revocations_by_end \(until_ms<\?\)$/,
    )
  })
})

describe('a sweeper', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: at })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** A sweeper over a writer that answers what it is told to. */
  const made = () => {
    const asks: SweepAsk[] = []
    const answers: (boolean | Error)[] = []
    const failures: unknown[] = []
    const sweepPart = (ask: SweepAsk): Promise<boolean> => {
      asks.push(ask)
      const answer = answers.shift() ?? false
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
    }
    const sweeper = createSqliteSweeper(sweepPart, () => Date.now(), (error) => failures.push(error))
    return { sweeper, asks, answers, failures }
  }

  test('[B11] keeps events for a day, revocations for a day after their end, bans for 30 days after theirs, events of workspaces for a day', async () => {
    const { sweeper, asks } = made()
    sweeper.start()
    await vi.advanceTimersByTimeAsync(600_000)
    const then = at + 600_000
    expect(asks).toEqual([{ events: then - 24 * hour, revocations: then - 24 * hour, bans: then - 720 * hour, changes: then - 24 * hour, ahead: then + 24 * hour, limit: 500 }])
    sweeper.stop()
  })

  test('[B11] goes on a second later while there is more, and then rests for ten minutes', async () => {
    const { sweeper, asks, answers } = made()
    answers.push(true, true, false)
    sweeper.start()
    sweeper.start()
    await vi.advanceTimersByTimeAsync(599_999)
    expect(asks).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(asks).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(asks).toHaveLength(3)
    await vi.advanceTimersByTimeAsync(599_999)
    expect(asks).toHaveLength(3)
    await vi.advanceTimersByTimeAsync(1)
    expect(asks).toHaveLength(4)
    sweeper.stop()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a part that fails is told once, and the next round tries again', async () => {
    const { sweeper, asks, answers, failures } = made()
    const away = new StoreUnavailable('sqlite', 'away')
    answers.push(away)
    sweeper.start()
    await vi.advanceTimersByTimeAsync(1_200_000)
    expect([failures, asks.length]).toEqual([[away], 2])
    sweeper.stop()
  })
})
