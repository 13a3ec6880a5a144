import { describe, expect, test } from 'vitest'
import { externalUser } from './external-user.js'

describe('a row of an existing database', () => {
  test('may name its columns as Django does', () => {
    expect(externalUser([{ id: 7, is_active: true, email: 'ada@example.org', password: 'not ours' }], '7')).toEqual({
      id: '7',
      active: true,
      email: 'ada@example.org',
    })
  })

  test('carries role and epoch when it has them, also as a bigint column gives them', () => {
    expect(externalUser([{ id: '7', active: 0, role: 'admin', epoch: '12' }], '7')).toEqual({ id: '7', active: false, role: 'admin', epoch: 12 })
    expect(externalUser([{ id: '7', active: 1, role: null, epoch: null, email: null }], '7')).toEqual({ id: '7', active: true })
  })

  test.each(['01', '7 ', '+7', '7.0'])('is not the user %j only because the database thinks so', (id) => {
    expect(externalUser([{ id: 7, active: true }], id)).toBeUndefined()
  })

  test.each([
    [[{ id: 7 }], 'active'],
    [[{ id: 7, active: null }], 'active'],
    [[{ id: 7, active: 'yes' }], 'active'],
    [[{ id: 7, active: 2 }], 'active'],
    [[{ active: true }], 'id'],
    [[{ id: 7, active: true, role: 'superuser' }], 'role'],
    [[{ id: 7, active: true, epoch: -1 }], 'epoch'],
    [[{ id: 7, active: true, epoch: 'many' }], 'epoch'],
    [[{ id: 7, active: true }, { id: 7, active: false }], 'several rows'],
  ])('is never guessed at: %j', (rows, named) => {
    expect(() => externalUser(rows, '7')).toThrow(named)
  })
})
