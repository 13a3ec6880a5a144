import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSqliteControlLog } from './sqlite-control-log.js'
import { createSqliteLogins, type LoginTokens, type SqliteLogins } from './sqlite-logins.js'
import { createSqliteUsers, type SqliteUsers } from './sqlite-users.js'
import { createEngines, type TestEngine } from './testing/engines.js'

const engines = createEngines()
afterEach(() => engines.closeAll())

const at = Date.UTC(2026, 0, 15)
const idleMs = 1_000
const lifetimeMs = 2_500

let engine: TestEngine
let logins: SqliteLogins
let users: SqliteUsers

beforeEach(async () => {
  engine = await engines.openMigrated()
  logins = createSqliteLogins(engine)
  users = createSqliteUsers(engine)
  await users.add({ id: '7', email: 'Ada@example.test', username: 'ada' }, 'test', at)
})

const tokens = (hash: string, accessUntil = at + 600): LoginTokens => ({ hash, accessId: `access of ${hash}`, accessUntil })
const open = (sessionId: string, when = at) =>
  logins.open({ userId: '7', passwordHash: null, sessionId, tokens: tokens(`${sessionId}.1`, when + 600), idleMs, lifetimeMs, at: when })
const rotate = (hash: string, next: string, when = at) => logins.rotate({ hash, tokens: tokens(next, when + 600), idleMs, at: when })
const countOf = async (table: string): Promise<number> => (await engine.read<{ n: number }>('lists', `select count(*) as n from ${table}`))[0]?.n ?? -1

test('a user is found by e-mail in any case or by exact user name', async () => {
  for (const name of ['ada@EXAMPLE.test', 'ada']) expect(await logins.findUser(name)).toEqual({ id: '7', active: true, passwordHash: null })
  for (const name of ['ADA', 'ada@', '', '7', '%', 'ada\0']) expect(await logins.findUser(name)).toBeUndefined()
})

test('a session is not opened for who was disabled or got another password meanwhile', async () => {
  await users.setPassword('7', 'new', 'test', at)
  expect(await open('s')).toEqual({ opened: false })
  await users.setActive('7', false, 'test', at)
  expect(await logins.open({ userId: '7', passwordHash: 'new', sessionId: 's', tokens: tokens('x'), idleMs, lifetimeMs, at })).toEqual({ opened: false })
})

describe('a refresh token', () => {
  test('[G5] is good once: of 20 uses at once one succeeds, and the session is over', async () => {
    await open('s')
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => rotate('s.1', `s.2.${String(index)}`)))
    expect(answers.map(({ outcome }) => outcome).toSorted()).toEqual([...Array.from({ length: 18 }, () => 'refused'), 'reused', 'rotated'])
    const winner = answers.findIndex(({ outcome }) => outcome === 'rotated')
    expect(await rotate(`s.2.${String(winner)}`, 's.3')).toEqual({ outcome: 'refused' })
    expect(await countOf('login_tokens')).toBe(0)
  })

  test('[G5] that comes again tells which access tokens have to end', async () => {
    await open('s')
    await rotate('s.1', 's.2')
    const again = await rotate('s.1', 's.3')
    expect(again.outcome === 'reused' && again.ended.accesses.map(({ tokenId }) => tokenId).toSorted()).toEqual(['access of s.1', 'access of s.2'])
  })

  test('[G6] ends when it lies unused, and with its session however often it is used', async () => {
    await open('s')
    expect(await rotate('s.1', 's.2', at + 999)).toMatchObject({ outcome: 'rotated', until: at + 1_999 })
    expect(await rotate('s.2', 's.3', at + 1_998)).toMatchObject({ outcome: 'rotated', until: at + lifetimeMs })
    expect(await rotate('s.3', 's.4', at + lifetimeMs)).toEqual({ outcome: 'refused' })
    await open('t')
    expect(await rotate('t.1', 't.2', at + idleMs)).toEqual({ outcome: 'refused' })
  })

  test('[G7] is refused after a new password, a disabled user, a raised epoch, a revocation and a ban of the user', async () => {
    const endings: readonly (() => Promise<unknown>)[] = [
      () => users.setPassword('7', 'new', 'test', at),
      async () => {
        await users.setActive('7', false, 'test', at)
        await users.setActive('7', true, 'test', at)
      },
      () => users.raiseEpoch('7', 'test', at),
      () => engine.write('addRevocation', { revocation: { kind: 'token', tokenId: 'access of s3.1', until: at + 600 }, actor: 'test', at }),
      () => engine.write('addRevocation', { revocation: { kind: 'user', userId: '7', before: at + 1, until: at + 10_000 }, actor: 'test', at }),
      async () => {
        // The revocation before this one would do it alone.
        await engine.write('sql', { sql: 'delete from revocations' })
        const ban = { id: 'b', subject: { kind: 'user', userId: '7' }, reason: '', actor: 'test', source: 'manual', createdAt: at, expiresAt: undefined } as const
        await engine.write('addBan', { ban })
      },
    ]
    for (const [index, end] of endings.entries()) {
      const session = `s${String(index)}`
      const passwordHash = (await logins.findUser('ada'))?.passwordHash ?? null
      const opened = await logins.open({ userId: '7', passwordHash, sessionId: session, tokens: tokens(`${session}.1`), idleMs, lifetimeMs, at })
      expect(opened.opened, String(index)).toBe(true)
      await end()
      expect(await rotate(`${session}.1`, `${session}.2`), String(index)).toEqual({ outcome: 'refused' })
    }
  })

  test('nobody gave out is refused and changes nothing', async () => {
    await open('s')
    expect(await rotate('s.2', 's.3')).toEqual({ outcome: 'refused' })
    expect(await rotate('s.1', 's.2')).toMatchObject({ outcome: 'rotated', sessionId: 's', userId: '7' })
  })
})

test('[G8] a user has 20 sessions, a session 64 tokens, and what has ended is swept', async () => {
  for (let index = 0; index < 21; index += 1) {
    const opened = await open(`s${String(index).padStart(2, '0')}`, at + index)
    expect(opened.opened && opened.ended.map(({ sessionId }) => sessionId)).toEqual(index < 20 ? [] : ['s00'])
  }
  expect(await countOf('login_sessions')).toBe(20)
  let last = 's20.1'
  for (let number = 2; number <= 64; number += 1) {
    expect((await rotate(last, `n${String(number)}`)).outcome).toBe('rotated')
    last = `n${String(number)}`
  }
  expect(await rotate(last, 'n65')).toEqual({ outcome: 'too_fast', retryAt: at + 620 })
  expect((await rotate(last, 'n65', at + 620)).outcome).toBe('rotated')
  expect(await countOf(`login_tokens where session = 's20'`)).toBe(64)
  await open('late', at + 10_000)
  expect(await countOf('login_sessions')).toBe(1)
  expect(await countOf('login_tokens')).toBe(1)
})

test('a session is ended by any of its tokens or by its id, once', async () => {
  await open('s')
  await rotate('s.1', 's.2')
  expect(await logins.end({ hash: 's.1' }, at)).toMatchObject({ sessionId: 's', userId: '7' })
  expect(await logins.end({ hash: 's.2' }, at)).toBeUndefined()
  await open('t')
  expect(await logins.end({ sessionId: 't', userId: '8' }, at + 600)).toBeUndefined()
  expect(await logins.end({ sessionId: 't', userId: '7' }, at + 700)).toEqual({ sessionId: 't', userId: '7', accesses: [] })
})

test('[T22] a session that ends revokes its access tokens in its own transaction, whichever way it ends', async () => {
  const revoked = async (): Promise<readonly string[]> =>
    (await engine.read<{ subject: string }>('lists', `select subject from revocations where kind = 'token' order by subject`)).map(({ subject }) => subject)
  await open('s')
  await rotate('s.1', 's.2')
  await logins.end({ sessionId: 's', userId: '7' }, at)
  expect(await revoked()).toEqual(['access of s.1', 'access of s.2'])
  await open('t')
  await rotate('t.1', 't.2')
  await rotate('t.1', 't.3')
  for (let index = 0; index < 21; index += 1) await open(`u${String(index).padStart(2, '0')}`, at + index)
  expect(await revoked()).toEqual(['access of s.1', 'access of s.2', 'access of t.1', 'access of t.2', 'access of u00.1'])
  const events = await createSqliteControlLog(engine).since(0, 100)
  expect(events.filter(({ kind }) => kind === 'revoked')).toHaveLength(5)
})

test('[T22] what is given out in the second behind a revocation counts as issued at its end, and what was given out before it has ended', async () => {
  await open('old', at + 300)
  await engine.write('addRevocation', { revocation: { kind: 'user', userId: '7', before: at + 1_000, until: at + 100_000 }, actor: 'test', at: at + 400 })
  expect(await open('new', at + 500)).toMatchObject({ opened: true, issuedAt: at + 1_000 })
  expect(await rotate('new.1', 'new.2', at + 700)).toMatchObject({ outcome: 'rotated', issuedAt: at + 1_000 })
  expect(await rotate('old.1', 'old.2', at + 700)).toEqual({ outcome: 'refused' })
  expect(await rotate('new.2', 'new.3', at + 1_001)).toMatchObject({ outcome: 'rotated', issuedAt: at + 1_001 })
  const ends = await engine.read<{ access_until_ms: number }>('lists', `select access_until_ms from login_tokens where session = 'new' order by number`)
  expect(ends.map(({ access_until_ms }) => access_until_ms - at)).toEqual([1_600, 1_600, 1_601])
  // A moment that was set further ahead means who comes until then, too.
  await engine.write('addRevocation', { revocation: { kind: 'user', userId: '7', before: at + 9_000, until: at + 100_000 }, actor: 'test', at: at + 1_100 })
  expect(await open('doomed', at + 1_200)).toMatchObject({ issuedAt: at + 1_200 })
})
