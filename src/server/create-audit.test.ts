import { expect, test } from 'vitest'
import type { Ban, BanSubject } from '../admission/ban.js'
import { noon } from '../admission/testing/staircase.js'
import type { AuditLine } from '../stores/sqlite/sqlite-audit.js'
import { createAudit } from './create-audit.js'

const subject: BanSubject = { kind: 'network', network: '203.0.113.7' }
const banned: Ban = { id: 'one', subject, reason: 'flood', actor: 'grace', source: 'manual', createdAt: noon, expiresAt: undefined }
const lifted: AuditLine = { id: 1, at: noon, actor: 'grace', action: 'ban.lift', subject: 'network:203.0.113.7', before: banned }
const actor = { name: 'grace', address: undefined }

/** An audit log with the lift of one ban; `fails` says which of the looks at its line, counted from 1, do. */
const made = (fails: (look: number) => boolean = () => false) => {
  const inForce: Ban[] = []
  let looks = 0
  const audit = createAudit(
    {
      page: async () => [],
      async find() {
        looks += 1
        if (fails(looks)) throw new Error('away')
        return lifted
      },
      note: async () => undefined,
      bansOf: async () => [...inForce],
      isActive: async () => undefined,
    },
    {
      async ban() {
        inForce.push(banned)
        return { ban: banned, sockets: 0, nodes: 1 }
      },
      lift: async () => [],
      previewBan: () => ({ sockets: 0, users: 0, dangers: [] }),
      setUserActive: async () => undefined,
    },
    () => noon,
  )
  return { audit, inForce }
}

test('[E7] of undos of one line that come at once, the first takes it back and the others find it taken back', async () => {
  const { audit, inForce } = made()
  const answers = await Promise.all([1, 2, 3].map(async () => audit.undo(1, false, undefined, actor)))
  expect(answers.map((answer) => answer?.kind)).toEqual(['undone', 'refused', 'refused'])
  expect(inForce).toHaveLength(1)
})

test('[E7] an undo that fails keeps none behind it from being made', async () => {
  const { audit, inForce } = made((look) => look === 1)
  const [failed, next] = await Promise.allSettled([audit.undo(1, false, undefined, actor), audit.undo(1, false, undefined, actor)])
  expect(failed).toMatchObject({ status: 'rejected' })
  expect(next).toMatchObject({ status: 'fulfilled', value: { kind: 'undone' } })
  expect(inForce).toHaveLength(1)
})
