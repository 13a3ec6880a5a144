import { expect, test } from 'vitest'
import { createMemoryLimits } from '../stores/memory/memory-limits.js'
import { denials } from '../protocol/denial.js'
import { createStaircase, tokenFor } from './testing/staircase.js'

const rounds = 300
const window = { max: 1_000_000, windowMs: 60_000 }
const median = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0

test('[D2] A18: a forged token, an unknown and a disabled user are told alike; the last two cost the same work, and none takes longer to tell', async () => {
  const staircase = await createStaircase(createMemoryLimits({ userConnects: window, addressConnects: window, userSockets: 1_000_000, addressSockets: 1_000_000, nodeSockets: 1_000_000 }), { budget: { capacity: 1_000_000, refillPerSecond: 1_000_000 } })
  const kinds = { forged: [] as number[], unknown: [] as number[], disabled: [] as number[] }
  const work: Record<string, readonly string[]> = {}
  for (let round = 0; round < rounds; round += 1) {
    // Every token and every unknown user is new, so that nothing is remembered of the one before.
    const tokens = {
      forged: (await tokenFor({ tokenId: `f-${String(round)}` })).slice(0, -8) + 'AAAAAAAA',
      unknown: await tokenFor({ subject: `nobody-${String(round)}` }),
      disabled: await tokenFor({ subject: '4', tokenId: `d-${String(round)}` }),
    }
    staircase.users.changed('4')
    for (const [kind, times] of Object.entries(kinds)) {
      staircase.touched.length = 0
      const startedAt = performance.now()
      const decision = await staircase.admit({ token: tokens[kind === 'forged' ? 'forged' : kind === 'unknown' ? 'unknown' : 'disabled'] })
      times.push(performance.now() - startedAt)
      work[kind] = [...staircase.touched]
      if (decision.outcome !== 'denied') throw new Error(`${kind} was let in`)
      expect(denials[decision.denial.reason]).toMatchObject({ told: 'token_invalid', http: 401, close: 4401 })
    }
  }
  expect(work['unknown']).toEqual(work['disabled'])
  expect(work['unknown']?.filter((part) => part === 'users')).toHaveLength(1)
  // A forged token is refused before anybody is looked up; here a look-up is a table in memory, and no wait makes up the difference.
  expect(work['forged']).not.toContain('users')
  const medians = Object.values(kinds).map(median)
  expect(Math.max(...medians) - Math.min(...medians)).toBeLessThan(2)
})
