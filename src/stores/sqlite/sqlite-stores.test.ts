import { afterEach, describe, expect, test } from 'vitest'
import type { User } from '../../admission/user.js'
import type { NewBan } from '../../admission/ban.js'
import { bansContract } from '../contract/bans-contract.js'
import { controlLogContract } from '../contract/control-log-contract.js'
import { forgottenEventsContract } from '../contract/forgotten-events-contract.js'
import { revocationsContract } from '../contract/revocations-contract.js'
import { usersContract } from '../contract/users-contract.js'
import { createSqliteBans } from './sqlite-bans.js'
import { createSqliteLadderBans } from './sqlite-ladder-bans.js'
import { createSqliteControlLog } from './sqlite-control-log.js'
import { createSqliteMemberships } from './sqlite-memberships.js'
import { createSqliteRevocations } from './sqlite-revocations.js'
import { createSqliteUsers } from './sqlite-users.js'
import { createEngines, type TestEngine } from './testing/engines.js'

const engines = createEngines()
afterEach(() => engines.closeAll())

const at = Date.UTC(2026, 0, 15)
const soon = (): number => Date.now() + 10_000

/** A workspace of the user's own gives the user a role. */
const giveRole = async (engine: TestEngine, userId: string, role: string): Promise<void> => {
  await engine.write('sql', { sql: `insert into workspaces (name, created_at, updated_at) values ('w', 0, 0)` })
  await engine.write('sql', {
    sql: `insert into workspace_members (workspace, user_id, role, created_at, updated_at)
          values ((select max(id) from workspaces), ?, ?, 0, 0)`,
    params: [userId, role],
  })
}

const audited = (engine: TestEngine) =>
  engine.read<{ at_ms: number; actor: string; action: string; subject: string; before: string | null; after: string | null }>(
    'lists',
    'select at_ms, actor, action, subject, before, after from audit_log order by id',
  )

describe('SQLite keeps the contract of', () => {
  describe('bans', () => {
    test.each(bansContract)('$name', ({ run }) =>
      run(async () => {
        const engine = await engines.openMigrated()
        return { bans: createSqliteBans(engine), log: createSqliteControlLog(engine) }
      }),
    )
  })

  describe('revocations', () => {
    test.each(revocationsContract)('$name', ({ run }) =>
      run(async () => {
        const engine = await engines.openMigrated()
        return { revocations: createSqliteRevocations(engine), log: createSqliteControlLog(engine) }
      }),
    )
  })

  describe('the control log', () => {
    test.each(controlLogContract)('$name', ({ run }) => run(async () => createSqliteControlLog(await engines.openMigrated())))
  })

  describe('a control log that forgets', () => {
    test.each(forgottenEventsContract)('$name', ({ run }) =>
      run(async () => {
        const engine = await engines.openMigrated()
        return {
          bans: createSqliteBans(engine),
          revocations: createSqliteRevocations(engine),
          control: createSqliteControlLog(engine),
          forget: async () => void (await engine.write('sweep', { events: Number.MAX_SAFE_INTEGER, revocations: 0, bans: 0, changes: 0, ahead: Number.MAX_SAFE_INTEGER, limit: 100 })),
        }
      }),
    )
  })

  describe('users', () => {
    test.each(usersContract)('$name', ({ run }) =>
      run(async () => {
        const engine = await engines.openMigrated()
        const users = createSqliteUsers(engine)
        const give = async ({ id, active, role, epoch = 0 }: User): Promise<void> => {
          await users.add({ id, active, email: `${id}@example.org` }, 'test', at)
          for (let raised = 0; raised < epoch; raised++) await users.raiseEpoch(id, 'test', at)
          if (role !== undefined) await giveRole(engine, id, role)
        }
        return {
          users,
          given: async (given) => {
            for (const user of given) await give(user)
          },
        }
      }),
    )
  })
})

describe('users in SQLite', () => {
  test('are found with what the gate and the pages need', async () => {
    const engine = await engines.openMigrated()
    const users = createSqliteUsers(engine)
    await users.add({ id: '7', email: 'Ada@example.org', username: 'ada', firstName: 'Ada', lastName: 'L', operator: 'write' }, 'cli', at)
    const ada = {
      id: '7',
      active: true,
      epoch: 0,
      email: 'Ada@example.org',
      username: 'ada',
      firstName: 'Ada',
      lastName: 'L',
      operator: 'write',
    }
    expect(await users.find('7', soon())).toEqual(ada)
    expect(await users.findByEmail('aDA@EXAMPLE.org')).toEqual(ada)
    expect(await users.findByEmail('ada@example.or')).toBeUndefined()
    expect(await users.findByEmail('ada@example.org\0')).toBeUndefined()
  })

  test('have the highest role they have in any workspace where they are active', async () => {
    const engine = await engines.openMigrated()
    const users = createSqliteUsers(engine)
    await users.add({ id: '7', email: 'a@example.org' }, 'cli', at)
    expect((await users.find('7', soon()))?.role).toBeUndefined()
    for (const role of ['agent', 'owner', 'admin']) await giveRole(engine, '7', role)
    expect((await users.find('7', soon()))?.role).toBe('owner')
    await engine.write('sql', { sql: `update workspace_members set active = 0 where role = 'owner'` })
    expect((await users.find('7', soon()))?.role).toBe('admin')
  })

  test('that are added with a role become members of the oldest workspace, which is made for the first of them', async () => {
    const engine = await engines.openMigrated()
    const users = createSqliteUsers(engine)
    await users.add({ id: '1', email: 'a@example.org', role: 'owner' }, 'cli', at)
    await users.add({ id: '2', email: 'b@example.org', role: 'agent' }, 'cli', at)
    expect((await users.list()).map(({ role }) => role)).toEqual(['owner', 'agent'])
    expect(await engine.read('lists', 'select distinct workspace from workspace_members')).toEqual([{ workspace: 1 }])
  })

  test('get the next free number when they bring no id', async () => {
    const users = createSqliteUsers(await engines.openMigrated())
    await users.add({ id: '2', email: 'two@example.org' }, 'cli', at)
    for (const name of ['a', 'b', 'c']) await users.add({ email: `${name}@example.org` }, 'cli', at)
    expect((await users.list()).map(({ id }) => id).toSorted()).toEqual(['1', '2', '3', '4'])
  })

  test('never share an id, an e-mail or a user name, also when they are added at once', async () => {
    const users = createSqliteUsers(await engines.openMigrated())
    const first = { id: '1', email: 'a@example.org', username: 'ada' }
    await users.add(first, 'cli', at)
    expect(await users.add({ ...first, email: 'b@example.org', username: 'bob' }, 'cli', at)).toEqual({ added: false, taken: 'id' })
    expect(await users.add({ email: 'A@EXAMPLE.ORG' }, 'cli', at)).toEqual({ added: false, taken: 'email' })
    expect(await users.add({ email: 'c@example.org', username: 'ada' }, 'cli', at)).toEqual({ added: false, taken: 'username' })
    const same = await Promise.all(Array.from({ length: 5 }, () => users.add({ email: 'same@example.org' }, 'cli', at)))
    expect(same.filter(({ added }) => added)).toHaveLength(1)
    expect(await users.list()).toHaveLength(2)
  })

  test('are told of when they change, and written to the audit log; what changes nothing is neither', async () => {
    const engine = await engines.openMigrated()
    const users = createSqliteUsers(engine)
    await users.add({ id: '7', email: 'a@example.org' }, 'cli', at)
    expect(await users.setActive('7', false, 'grace', at + 1)).toMatchObject({ id: '7', active: false })
    await users.setActive('7', false, 'grace', at + 2)
    expect(await users.raiseEpoch('7', 'grace', at + 3)).toMatchObject({ epoch: 2 })
    expect(await users.setActive('nobody', true, 'grace', at + 4)).toBeUndefined()
    expect(await users.raiseEpoch('nobody', 'grace', at + 4)).toBeUndefined()
    await users.add({ email: 'a@example.org' }, 'cli', at + 5)

    expect(await users.find('7', soon())).toMatchObject({ active: false, epoch: 2 })
    const event = { kind: 'user_changed', userId: '7' }
    expect(await createSqliteControlLog(engine).since(0, 10)).toEqual([1, 2, 3].map((seq) => ({ seq, ...event })))
    const lines = await audited(engine)
    expect(lines.map(({ at_ms, actor, action, subject }) => [at_ms - at, actor, action, subject])).toEqual([
      [0, 'cli', 'user.add', 'user:7'],
      [1, 'grace', 'user.disable', 'user:7'],
      [3, 'grace', 'user.raise_epoch', 'user:7'],
    ])
    expect(lines[1]?.before).toContain('"active":true')
    expect(lines[1]?.after).toContain('"active":false')
  })

  test('are listed in pages, in the order in which they were added', async () => {
    const users = createSqliteUsers(await engines.openMigrated())
    for (let index = 0; index < 25; index++) await users.add({ email: `${index}@example.org` }, 'cli', at + Math.floor(index / 3))
    const all = (await users.list()).map(({ id }) => id)
    const paged: string[] = []
    for (let page = await users.list({ limit: 4 }); page.length > 0; page = await users.list({ after: paged.at(-1) ?? '', limit: 4 })) {
      paged.push(...page.map(({ id }) => id))
    }
    expect(paged).toEqual(all)
    expect(new Set(paged).size).toBe(25)
  })
})

describe('bans and revocations in SQLite', () => {
  test('tell which bans of the ladder still count: no others, none that ended long ago, none that were forgiven', async () => {
    const engine = await engines.openMigrated()
    const bans = createSqliteBans(engine)
    const add = (network: string, createdAt: number, rest: Partial<NewBan> = {}) =>
      bans.add({ subject: { kind: 'network', network }, reason: '', actor: 'ladder', source: 'ladder', createdAt, expiresAt: createdAt + 10, ...rest })
    await add('203.0.113.1', at)
    await add('203.0.113.2', at, { source: 'manual' })
    await add('203.0.113.3', at - 50)
    await add('203.0.113.4', at)
    await add('203.0.113.4', at + 20)
    await bans.lift({ kind: 'network', network: '203.0.113.4' }, 'ada', at + 21)
    await add('203.0.113.4', at + 30)
    await add('203.0.113.1', at + 15)
    expect(await createSqliteLadderBans(engine)(at)).toEqual([
      { key: '203.0.113.1', createdAt: at, endsAt: at + 10 },
      { key: '203.0.113.1', createdAt: at + 15, endsAt: at + 25 },
      { key: '203.0.113.4', createdAt: at + 30, endsAt: at + 40 },
    ])
  })

  test('leave a line in the audit log each', async () => {
    const engine = await engines.openMigrated()
    const bans = createSqliteBans(engine)
    const subject = { kind: 'network', network: '203.0.113.7' } as const
    await bans.add({ subject, reason: 'flood', actor: 'ada', source: 'manual', createdAt: at, expiresAt: undefined })
    await bans.lift(subject, 'grace', at + 1)
    await createSqliteRevocations(engine).add({ kind: 'user', userId: '7', before: at, until: at + 5 }, 'ada', at + 2)
    expect((await audited(engine)).map(({ actor, action, subject: about }) => [actor, action, about])).toEqual([
      ['ada', 'ban.add', 'network:203.0.113.7'],
      ['grace', 'ban.lift', 'network:203.0.113.7'],
      ['ada', 'revocation.add', 'user:7'],
    ])
  })

  test('of a user whose id holds what the database cannot is refused and leaves no trace', async () => {
    const engine = await engines.openMigrated()
    const subject = { kind: 'user', userId: '7\0' } as const
    const ban = { subject, reason: '', actor: 'ada', source: 'manual', createdAt: at, expiresAt: undefined } as const
    await expect(createSqliteBans(engine).add(ban)).rejects.toThrow('U+0000')
    expect(await createSqliteControlLog(engine).head()).toBe(0)
  })
})

describe('a member of a workspace', () => {
  const openWorkspace = async () => {
    const engine = await engines.openMigrated()
    const users = createSqliteUsers(engine)
    for (const id of ['1', '2']) {
      await users.add({ id, email: `${id}@example.org` }, 'cli', at)
      await giveRole(engine, id, 'agent')
    }
    await engine.write('script', `
      insert into customers (workspace, created_at, updated_at) values (1, 0, 0);
      insert into conversations (id, workspace, customer, created_at, updated_at) values ('abc123', 1, 1, 0, 0);`)
    return { engine, users, memberships: createSqliteMemberships(engine) }
  }

  test('may enter its conversations, and nobody else may', async () => {
    const { memberships } = await openWorkspace()
    expect(await memberships.mayEnter('1', 'abc123', soon())).toBe(true)
    expect(await memberships.mayEnter('2', 'abc123', soon())).toBe(false)
    expect(await memberships.mayEnter('nobody', 'abc123', soon())).toBe(false)
  })

  test('may not enter what is not there, whatever it is called', async () => {
    const { memberships } = await openWorkspace()
    for (const id of ['', 'ABC123', 'abc12', 'abc1234', 'abc123\0', '%', "' or 1=1 --", 'ابج', 'x'.repeat(10_000)])
      expect(await memberships.mayEnter('1', id, soon()), id.slice(0, 20)).toBe(false)
    expect(await memberships.mayEnter('1\0', 'abc123', soon())).toBe(false)
  })

  test('may not any more when the user or the membership is disabled', async () => {
    const { engine, users, memberships } = await openWorkspace()
    await users.setActive('1', false, 'cli', at)
    expect(await memberships.mayEnter('1', 'abc123', soon())).toBe(false)
    await users.setActive('1', true, 'cli', at)
    expect(await memberships.mayEnter('1', 'abc123', soon())).toBe(true)
    await engine.write('sql', { sql: `update workspace_members set active = 0 where user_id = '1'` })
    expect(await memberships.mayEnter('1', 'abc123', soon())).toBe(false)
  })
})
