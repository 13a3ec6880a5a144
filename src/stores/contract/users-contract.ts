import assert from 'node:assert/strict'
import type { User, Users } from '../../admission/user.js'
import type { ContractCase } from './contract-case.js'

/** Users, and a way to fill their table that is not part of the port. */
export interface UsersSubject {
  readonly users: Users
  readonly given: (users: readonly User[]) => Promise<void>
}

/** Long enough for any store that answers at all. */
const deadline = (): number => Date.now() + 10_000

/** The members that the port promises; a store may add its own. */
const known = (user: User | undefined) => user && { id: user.id, active: user.active, role: user.role ?? 'agent', epoch: user.epoch ?? 0 }

export const usersContract: readonly ContractCase<UsersSubject>[] = [
  {
    name: 'a user is found by exactly its id',
    async run(make) {
      const { users, given } = await make()
      await given([
        { id: '1', active: true, role: 'owner', epoch: 3 },
        { id: '2', active: true },
      ])
      assert.deepEqual(known(await users.find('1', deadline())), { id: '1', active: true, role: 'owner', epoch: 3 })
      assert.deepEqual(known(await users.find('2', deadline())), { id: '2', active: true, role: 'agent', epoch: 0 })
    },
  },
  {
    name: 'a disabled user is found, and is disabled',
    async run(make) {
      const { users, given } = await make()
      await given([{ id: '4', active: false, role: 'agent' }])
      assert.deepEqual(known(await users.find('4', deadline())), { id: '4', active: false, role: 'agent', epoch: 0 })
    },
  },
  {
    name: 'an id that is nobody finds nobody, whatever it holds',
    async run(make) {
      const { users, given } = await make()
      await given([{ id: '1', active: true }])
      for (const id of ['', '2', '01', '1.0', ' 1', '1 ', '+1', '1e0', '%', '_', '__proto__', 'constructor', "1' or '1'='1", '1\0', '١', 'x'.repeat(10_000)])
        assert.equal(await users.find(id, deadline()), undefined, JSON.stringify(id.slice(0, 40)))
    },
  },
  {
    name: 'looking up at once answers each for itself',
    async run(make) {
      const { users, given } = await make()
      const ids = Array.from({ length: 50 }, (_, index) => `user-${index}`)
      await given(ids.map((id) => ({ id, active: true })))
      const found = await Promise.all(ids.map((id) => users.find(id, deadline())))
      assert.deepEqual(
        found.map((user) => user?.id),
        ids,
      )
    },
  },
]
