import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Limits } from '../limits.js'
import { createBlockingGuard } from './blocking-guard.js'
import { guardPorts } from './guard-ports.js'

const lease = { userId: '7', addressKey: '192.0.2.1' }

test('each port is named by its own name, and answers as before', async () => {
  let time = 0
  const named: string[] = []
  const released: unknown[] = []
  const limitsStore: Limits = {
    take() {
      time += 20
      return { granted: true, lease }
    },
    peek() {
      time += 20
      return { granted: true, lease }
    },
    release(given) {
      released.push(given)
    },
  }
  const guard = createBlockingGuard({ clock: () => time, onBlocking: (port) => void named.push(port) })
  const ports = guardPorts(
    {
      lookupUser: async (id, deadline) => {
        await turn()
        time += 20
        return { id, deadline }
      },
      memberships: {
        mayEnter: async (userId, conversation) => {
          time += 20
          return await Promise.resolve(userId === '7' && conversation === 'c1')
        },
      },
      limitsStore,
    },
    guard,
  )
  try {
    const ask = { userId: '7', addressKey: undefined, endpoint: 'any', at: 1 }
    expect(await ports.limitsStore?.peek(ask, 5)).toEqual({ granted: true, lease })
    await turn()
    expect(named).toEqual([])
    expect(await ports.lookupUser('7', 5)).toEqual({ id: '7', deadline: 5 })
    expect(await ports.memberships?.mayEnter('7', 'c1', 5)).toBe(true)
    expect(await ports.limitsStore?.take(ask, 5)).toEqual({ granted: true, lease })
    ports.limitsStore?.release(lease)
    await turn()
    expect(named).toEqual(['users', 'memberships', 'limits'])
    expect(released).toEqual([lease])
  } finally {
    guard.stop()
  }
})

test('without a guard the ports are the very same functions', () => {
  const lookupUser = (): undefined => undefined
  const memberships = { mayEnter: () => Promise.resolve(true) }
  const ports = guardPorts({ lookupUser, memberships }, undefined)
  expect(ports.lookupUser).toBe(lookupUser)
  expect(ports.memberships).toBe(memberships)
  expect(ports.limitsStore).toBeUndefined()
})
