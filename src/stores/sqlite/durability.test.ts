import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, test } from 'vitest'
import { createSqliteBans } from './sqlite-bans.js'
import { createSqliteControlLog } from './sqlite-control-log.js'
import { createSqliteRevocations } from './sqlite-revocations.js'
import { createSqliteUsers } from './sqlite-users.js'
import { createEngines } from './testing/engines.js'

const engines = createEngines()
const children = new Set<ChildProcess>()
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
  await engines.closeAll()
})

const at = Date.UTC(2026, 0, 15)
const soon = (): number => Date.now() + 10_000

const address = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href)

/** Another process with the database at `path` open as `engine`. */
const start = (path: string, program: string): ChildProcess => {
  const prelude = `
    import { openSqlite } from ${address('./engine.js')}
    import { createSqliteBans } from ${address('./sqlite-bans.js')}
    import { createSqliteUsers } from ${address('./sqlite-users.js')}
    const engine = await openSqlite({ path: ${JSON.stringify(path)} })
    const bans = createSqliteBans(engine)
    const users = createSqliteUsers(engine)
    const at = ${at}`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', `${prelude}\n${program}`], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  return child
}

const linesOf = (child: ChildProcess): AsyncIterable<string> => {
  if (child.stdout === null) throw new Error('The child has no output')
  return createInterface({ input: child.stdout })
}

describe('bans and users', () => {
  test('survive a restart', async () => {
    const path = await engines.newPath()
    const before = await engines.openMigrated({ path })
    const ban = await createSqliteBans(before).add({
      subject: { kind: 'network', network: '2001:db8::/32' },
      reason: 'flood',
      actor: 'ada',
      source: 'manual',
      createdAt: at,
      expiresAt: undefined,
    })
    await createSqliteRevocations(before).add({ kind: 'token', tokenId: 't', until: at + 9 }, 'ada', at)
    await createSqliteUsers(before).add({ id: '1', email: 'a@example.org' }, 'cli', at)
    await before.close()

    const after = await engines.open({ path })
    expect(await createSqliteBans(after).list(at)).toEqual([ban])
    expect(await createSqliteRevocations(after).list(at)).toEqual([{ kind: 'token', tokenId: 't', until: at + 9 }])
    expect(await createSqliteUsers(after).find('1', soon())).toMatchObject({ email: 'a@example.org' })
    expect(await createSqliteControlLog(after).head()).toBe(3)
  })

  test('that were acknowledged survive kill -9 of the process, with their events and without gaps', async () => {
    const path = await engines.newPath()
    await (await engines.openMigrated({ path })).close()
    const child = start(
      path,
      `for (let index = 0; ; index++) {
        const subject = { kind: 'user', userId: String(index) }
        const ban = bans.add({ subject, reason: '', actor: 'ada', source: 'manual', createdAt: at, expiresAt: undefined })
        const added = users.add({ id: String(index), email: index + '@example.org' }, 'cli', at)
        ban.then(({ id }) => console.log('ban ' + id))
        added.then(({ user }) => console.log('user ' + user.id))
        if (index % 7 === 0) await Promise.all([ban, added])
      }`,
    )
    const acknowledged: string[] = []
    for await (const line of linesOf(child)) {
      acknowledged.push(line)
      // It goes on writing while it is shot.
      if (acknowledged.length === 500) child.kill('SIGKILL')
    }
    expect(child.signalCode ?? (await once(child, 'exit'))[1]).toBe('SIGKILL')

    const engine = await engines.open({ path })
    const bans = (await createSqliteBans(engine).list(at)).map(({ id }) => `ban ${id}`)
    const users = (await createSqliteUsers(engine).list({ limit: 1_000_000 })).map(({ id }) => `user ${id}`)
    const stored = new Set([...bans, ...users])
    expect(acknowledged.filter((line) => !stored.has(line))).toEqual([])
    const events = await createSqliteControlLog(engine).since(0, 1_000_000)
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
    expect(events).toHaveLength(bans.length + users.length)
    expect(await engine.read('lists', 'pragma integrity_check')).toEqual([{ integrity_check: 'ok' }])
  })
})

describe('a second process on the file of a running server', () => {
  test('changes it, and the server learns of it from the control log', async () => {
    const path = await engines.newPath()
    const server = await engines.openMigrated({ path })
    const log = createSqliteControlLog(server)
    const ban = await createSqliteBans(server).add({
      subject: { kind: 'network', network: '203.0.113.7' },
      reason: '',
      actor: 'ladder',
      source: 'ladder',
      createdAt: at,
      expiresAt: undefined,
    })
    const seen = await log.head()

    const commands = start(
      path,
      `await bans.lift({ kind: 'network', network: '203.0.113.7' }, 'cli', at + 1)
      await users.add({ id: '1', email: 'a@example.org' }, 'cli', at + 2)
      await engine.close()`,
    )
    expect((await once(commands, 'exit'))[0]).toBe(0)

    expect(await log.since(seen, 10)).toEqual([
      { seq: 2, kind: 'ban_lifted', ban },
      { seq: 3, kind: 'user_changed', userId: '1' },
    ])
    expect(await createSqliteBans(server).list(at)).toEqual([])
    expect(await createSqliteUsers(server).find('1', soon())).toMatchObject({ active: true })
    await createSqliteControlLog(server).userChanged('1', at + 3)
    expect(await log.head()).toBe(4)
  })

  test('writes at the same time without losing anything or skipping a number', async () => {
    const path = await engines.newPath()
    const server = await engines.openMigrated({ path, deadlineMs: 15_000 })
    const log = createSqliteControlLog(server)
    const others = [0, 1].map(() =>
      start(
        path,
        `for (let index = 0; index < 100; index++) await engine.write('userChanged', { userId: 'other', at }, Date.now() + 15_000)
        await engine.close()`,
      ),
    )
    const exits = Promise.all(others.map(async (child): Promise<unknown> => (await once(child, 'exit'))[0]))
    for (let index = 0; index < 100; index++) await log.userChanged('server', at)
    expect(await exits).toEqual([0, 0])
    const events = await log.since(0, 1_000)
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1))
  })
})
