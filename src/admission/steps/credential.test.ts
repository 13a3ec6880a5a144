import { expect, test } from 'vitest'
import { carriers, findCredential, type Carrier } from './credential.js'

const all = new Set<Carrier>(carriers)
const noOffer = { modern: false, bearer: undefined }
const noQuery = { tokens: [], firstGeneration: false }
const header = (value: string) => ({ authorization: [value] })
const queryOf = (...tokens: readonly (string | undefined)[]) => ({ tokens, firstGeneration: false })

test('[A11] each carrier gives its one token', () => {
  expect(findCredential(header('Bearer t'), noOffer, noQuery, all)).toEqual({ carrier: 'header', token: 't' })
  expect(findCredential({}, { modern: true, bearer: 't' }, noQuery, all)).toEqual({ carrier: 'subprotocol', token: 't' })
  expect(findCredential({}, noOffer, queryOf('t'), all)).toEqual({ carrier: 'query', token: 't' })
})

test('[A11] nothing at all, another scheme and a carrier that is not enabled count as none', () => {
  const missing = { reason: 'token_missing' }
  expect(findCredential({}, noOffer, noQuery, all)).toMatchObject(missing)
  expect(findCredential(header('Basic dXNlcjpwYXNz'), noOffer, noQuery, all)).toMatchObject(missing)
  expect(findCredential(header('Bearertoken'), noOffer, noQuery, all)).toMatchObject(missing)
  expect(findCredential({}, noOffer, queryOf('t'), new Set<Carrier>(['header']))).toMatchObject(missing)
  expect(findCredential(header('Bearer t'), { modern: true, bearer: 't' }, queryOf('t'), new Set())).toMatchObject(missing)
})

test('[A11] two credentials conflict, also when they are equal', () => {
  const conflict = { reason: 'bad_request' }
  expect(findCredential(header('Bearer t'), noOffer, queryOf('t'), all)).toMatchObject(conflict)
  expect(findCredential({}, noOffer, queryOf('t', 't'), all)).toMatchObject(conflict)
  expect(findCredential({}, { modern: true, bearer: 't' }, queryOf('t'), all)).toMatchObject(conflict)
  expect(findCredential(header('Bearer '), noOffer, queryOf('t'), all)).toMatchObject(conflict)
})

test('an Authorization of another scheme never conflicts, nor does a carrier that is not enabled', () => {
  expect(findCredential(header('Basic x'), noOffer, queryOf('t'), all)).toEqual({ carrier: 'query', token: 't' })
  expect(findCredential(header('Bearer t'), noOffer, queryOf('u'), new Set<Carrier>(['header']))).toEqual({ carrier: 'header', token: 't' })
})

test('the scheme is read without case, and what cannot be read is a token that no parse accepts', () => {
  expect(findCredential(header('bEARER   t'), noOffer, noQuery, all)).toEqual({ carrier: 'header', token: 't' })
  expect(findCredential(header('Bearer'), noOffer, noQuery, all)).toEqual({ carrier: 'header', token: '' })
  expect(findCredential({}, noOffer, queryOf(undefined), all)).toEqual({ carrier: 'query', token: '' })
})

test('a conflict names the carriers and no token', () => {
  expect(findCredential(header('Bearer top-secret'), noOffer, queryOf('top-secret'), all)).toEqual({
    reason: 'bad_request',
    detail: 'two credentials: header and query',
  })
})
