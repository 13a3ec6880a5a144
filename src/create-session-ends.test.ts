import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ControlReaders } from './admission/control-readers.js'
import type { User } from './admission/user.js'
import { createSessionEnds } from './create-session-ends.js'
import { createSessions, defaultSessions } from './session/sessions.js'
import { createTestSession, type TestSession } from './session/testing/test-session.js'
import { createMemoryControlLog } from './stores/memory/memory-control-log.js'

const noon = Date.UTC(2026, 0, 15, 12)

beforeEach(() => {
  vi.useFakeTimers({ now: noon })
})
afterEach(() => {
  vi.useRealTimers()
})

const reasonOf = ({ state }: TestSession): string => (state.name === 'closing' ? state.reason : state.name)

/** Nodes on one control log, who know of each other. */
const nodes = (...names: readonly string[]) => {
  const log = createMemoryControlLog()
  const known = new Set(names)
  const answered = new Map<string, number>()
  const made = names.map((name) => {
    const readers: ControlReaders = {
      name,
      answer(endId, sockets) {
        known.add(name)
        answered.set(`${endId} ${name}`, sockets)
        return Promise.resolve()
      },
      answers: (endId) => Promise.resolve([...known].filter((each) => each !== name).map((reader) => ({ reader, sockets: answered.get(`${endId} ${reader}`) }))),
      forget(gone) {
        for (const each of gone) known.delete(each)
        return Promise.resolve()
      },
    }
    const sessions = createSessions<User>(defaultSessions, {})
    const ends = createSessionEnds({ sessions, control: log, readers, now: () => Date.now(), failed: () => undefined })
    const open = (userId: string, openedAt = noon): TestSession => {
      const session = createTestSession({ userId, openedAt })
      sessions.opened(session)
      return session
    }
    /** What its follower does with each look at the log. */
    const look = async (): Promise<number> => {
      let closed = 0
      for (const event of await log.since(0, 100)) if (event.kind === 'sessions_ended') closed += ends.heard(event.end)
      return closed
    }
    return { name, sessions, ends, open, look }
  })
  return { log, known, made }
}

test('[S18] all sessions of a user end here at once, elsewhere when the log is read, and the answer counts them', async () => {
  const { made: [here, there] } = nodes('a', 'b')
  if (here === undefined || there === undefined) throw new Error('unreachable')
  const meant = [here.open('1'), here.open('1'), there.open('1')]
  const others = [here.open('2'), there.open('2')]
  const answer = here.ends.end({ kind: 'user', userId: '1' })
  expect(meant.map(reasonOf)).toEqual(['session_ended', 'session_ended', 'open'])
  await vi.advanceTimersByTimeAsync(300)
  await there.look()
  await vi.advanceTimersByTimeAsync(100)
  expect(await answer).toEqual({ sockets: 3, nodes: 2, silent: 0 })
  expect([...meant, ...others].map(reasonOf)).toEqual(['session_ended', 'session_ended', 'session_ended', 'open', 'open'])
})

test('[S18] one session ends by its id wherever it is, and its user keeps the others', async () => {
  const { made: [here, there] } = nodes('a', 'b')
  if (here === undefined || there === undefined) throw new Error('unreachable')
  const [meant, other] = [there.open('1'), there.open('1')]
  const answer = here.ends.end({ kind: 'session', sessionId: meant.id })
  await vi.advanceTimersByTimeAsync(50)
  await there.look()
  await vi.advanceTimersByTimeAsync(50)
  expect(await answer).toEqual({ sockets: 1, nodes: 2, silent: 0 })
  expect([meant, other].map(reasonOf)).toEqual(['session_ended', 'open'])
})

test('[T18] who came back after the end stays: here at once, elsewhere more than five seconds later by either clock', async () => {
  const { made: [here, there] } = nodes('a', 'b')
  if (here === undefined || there === undefined) throw new Error('unreachable')
  const [fast, late] = [there.open('1', noon + 5_000), there.open('1', noon + 5_001)]
  const answer = here.ends.end({ kind: 'user', userId: '1' })
  const back = here.open('1')
  expect(await here.look()).toBe(0)
  expect(await there.look()).toBe(1)
  await vi.advanceTimersByTimeAsync(1_000)
  await answer
  expect([back, fast, late].map(reasonOf)).toEqual(['open', 'session_ended', 'open'])
})

test('[T18] a node that does not answer is waited for a second, named, and not waited for again until it has answered', async () => {
  const { made: [here, there, dead], known } = nodes('a', 'b', 'dead')
  if (here === undefined || there === undefined || dead === undefined) throw new Error('unreachable')
  const slow = dead.open('1')
  let settled = false
  const answer = here.ends.end({ kind: 'user', userId: '1' }).finally(() => {
    settled = true
  })
  await there.look()
  await vi.advanceTimersByTimeAsync(900)
  expect(settled).toBe(false)
  await vi.advanceTimersByTimeAsync(200)
  expect(await answer).toEqual({ sockets: 0, nodes: 2, silent: 1 })
  expect([...known]).toEqual(['a', 'b'])
  expect(await dead.look()).toBe(1)
  expect(reasonOf(slow)).toBe('session_ended')
  await vi.advanceTimersByTimeAsync(0)
  expect([...known]).toEqual(['a', 'b', 'dead'])
})

test('[T18] when the log cannot be written, the sockets of this node are closed all the same, and the call fails', async () => {
  const sessions = createSessions<User>(defaultSessions, {})
  const log = { ...createMemoryControlLog(), sessionsEnded: () => Promise.reject(new Error('away')) }
  const ends = createSessionEnds({ sessions, control: log, readers: undefined, now: () => noon, failed: () => undefined })
  const session = createTestSession({ userId: '1' })
  sessions.opened(session)
  await expect(ends.end({ kind: 'user', userId: '1' })).rejects.toThrow('away')
  expect(reasonOf(session)).toBe('session_ended')
})
