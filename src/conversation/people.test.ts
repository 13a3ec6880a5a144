import { expect, test } from 'vitest'
import { createPeople, personName, type PeopleNotice } from './people.js'

const visitor = (userId: string) => ({ workspace: '1', conversation: 'c', userId, name: `User ${userId}` })

const heard = () => {
  const people = createPeople()
  const said: string[] = []
  people.listen((notice: PeopleNotice) => said.push(`${notice.visitor.userId} ${notice.type} ${String(notice.type === 'presence' ? notice.online : notice.active)}`))
  return { people, take: () => said.splice(0) }
}

test('several sockets of one user count once: he comes with the first and goes with the last', () => {
  const { people, take } = heard()
  const one = people.enter(visitor('1'))
  const two = people.enter(visitor('1'))
  people.enter(visitor('2'))
  expect(take()).toEqual(['1 presence true', '2 presence true'])
  one.leave()
  one.leave()
  expect(take()).toEqual([])
  two.leave()
  expect(take()).toEqual(['1 presence false'])
  people.enter(visitor('1'))
  expect(take()).toEqual(['1 presence true'])
})

test('typing is passed on at most once a second, its end at once, and who goes has stopped', () => {
  const { people, take } = heard()
  const stay = people.enter(visitor('1'))
  take()
  stay.typing(false, 0)
  for (const at of [0, 400, 999, 1_000]) stay.typing(true, at)
  expect(take()).toEqual(['1 typing true', '1 typing true'])
  stay.typing(false, 1_001)
  stay.typing(false, 1_002)
  expect(take()).toEqual(['1 typing false'])
  stay.typing(true, 1_003)
  stay.leave()
  stay.typing(true, 9_000)
  expect(take()).toEqual(['1 typing true', '1 typing false', '1 presence false'])
})

test('a person is called by his names, else by his address, else by his id', () => {
  expect(personName({ id: '1', firstName: 'Sara', lastName: 'Ahmadi', email: 's@example.com' })).toBe('Sara Ahmadi')
  expect(personName({ id: '1', lastName: 'Ahmadi' })).toBe('Ahmadi')
  expect(personName({ id: '1', firstName: '', email: 's@example.com' })).toBe('s@example.com')
  expect(personName({ id: '1' })).toBe('1')
})
