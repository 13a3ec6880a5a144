import assert from 'node:assert/strict'
import type { Bans, NewBan } from '../../admission/ban.js'
import type { ControlLog } from '../../admission/control.js'
import { loadControlReplica } from '../../admission/control-replica.js'
import type { Revocations } from '../../admission/revocation.js'
import type { ContractCase } from './contract-case.js'

/** Stores of one process, whose log can be brought to forget. */
export interface ForgottenEventsSubject {
  readonly bans: Bans
  readonly revocations: Revocations
  readonly control: ControlLog
  /** Makes the log forget what was appended so far; it may append events of its own for that. */
  forget(): Promise<void>
}

const start = Date.UTC(2026, 0, 15)

const newBan = (address: string): NewBan => ({
  subject: { kind: 'network', network: address },
  reason: 'flooding',
  actor: 'ada',
  source: 'manual',
  createdAt: start,
  expiresAt: undefined,
})

export const forgottenEventsContract: readonly ContractCase<ForgottenEventsSubject>[] = [
  {
    name: '[B11] the newest event is never forgotten, and its number goes on',
    async run(make) {
      const { control, forget } = await make()
      for (const userId of ['a', 'b']) await control.userChanged(userId, start)
      await forget()
      const head = await control.head()
      const [first, ...rest] = await control.since(0, 1_000_000)
      assert.ok(first !== undefined && first.seq > 1, 'nothing was forgotten')
      assert.equal(rest.at(-1)?.seq ?? first.seq, head)
      await control.userChanged('c', start)
      assert.deepEqual(await control.since(head, 10), [{ seq: head + 1, kind: 'user_changed', userId: 'c' }])
    },
  },
  {
    name: '[B12] a reader who missed what was forgotten knows what the tables say, and reads on from there',
    async run(make) {
      const { bans, revocations, control, forget } = await make()
      await bans.add(newBan('203.0.113.7'))
      const replica = await loadControlReplica({ bans, revocations, control }, start)
      await bans.lift({ kind: 'network', network: '203.0.113.7' }, 'grace', start)
      await bans.add(newBan('203.0.113.8'))
      await revocations.add({ kind: 'token', tokenId: 'one', until: start + 1_000 }, 'grace', start)
      await forget()
      assert.deepEqual(await replica.poll(start), [{ kind: 'reloaded' }])
      assert.equal(replica.bans.findAddress('203.0.113.7', start), undefined)
      assert.notEqual(replica.bans.findAddress('203.0.113.8', start), undefined)
      assert.notEqual(replica.revocations.find({ subject: '1', tokenId: 'one', issuedAt: start }, start), undefined)
      await control.userChanged('a', start)
      assert.deepEqual(
        (await replica.poll(start)).map(({ kind }) => kind),
        ['user_changed'],
      )
    },
  },
]
