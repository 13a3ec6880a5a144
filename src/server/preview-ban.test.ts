import { expect, test } from 'vitest'
import { createTestSession } from '../session/testing/test-session.js'
import { previewBan } from './preview-ban.js'

const nothing = { trustedProxies: [], allowed: [] }

test('[B9] a preview counts the sockets and the users that a ban would put out', () => {
  // All of them come from 203.0.113.7.
  const sessions = ['1', '1', '2'].map((userId) => createTestSession({ userId }))
  const preview = (network: string) => previewBan(sessions, { kind: 'network', network }, nothing)
  expect(preview('203.0.113.0/24')).toEqual({ sockets: 3, users: 2, dangers: [] })
  expect(preview('203.0.113.7')).toMatchObject({ sockets: 3, users: 2 })
  expect(preview('203.0.113.8')).toMatchObject({ sockets: 0, users: 0 })
  const allowing = (allowed: string) => previewBan(sessions, { kind: 'network', network: '203.0.113.0/24' }, { trustedProxies: [], allowed: [allowed] }).sockets
  expect(['203.0.113.7', '203.0.113.0/24', '203.0.0.0/16', '203.0.113.8'].map(allowing)).toEqual([0, 0, 3, 3])
  expect(previewBan(sessions, { kind: 'user', userId: '1' }, nothing)).toEqual({ sockets: 2, users: 1, dangers: [] })
})
