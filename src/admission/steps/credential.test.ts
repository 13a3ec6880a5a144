import { expect, test } from 'vitest'
import { carriers, defaultCarriers, findCredential, type Carrier } from './credential.js'

const all = new Set<Carrier>(carriers)
const noOffer = { modern: false, bearer: undefined }
const noQuery = { tokens: [], tickets: [], firstGeneration: false }
const header = (value: string) => ({ authorization: [value] })
const queryOf = (...tokens: readonly (string | undefined)[]) => ({ ...noQuery, tokens })
const ticketOf = (...tickets: readonly (string | undefined)[]) => ({ ...noQuery, tickets })

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

const cookie = (...lines: readonly string[]) => ({ cookie: lines, origin: ['https://app.example'] })

test('[A27] a cookie of the name counts beside an Origin, wherever it stands among others', () => {
  const found = { carrier: 'cookie', token: 't.u.v' }
  for (const line of ['__Host-sallyport=t.u.v', 'a=1; __Host-sallyport=t.u.v; b=2', 'a=1;__Host-sallyport=t.u.v']) expect(findCredential(cookie(line), noOffer, noQuery, all)).toEqual(found)
  expect(findCredential(cookie('a=1', '__Host-sallyport=t.u.v'), noOffer, noQuery, all)).toEqual(found)
  expect(findCredential(cookie('token=t'), noOffer, noQuery, all, 'token')).toEqual({ carrier: 'cookie', token: 't' })
})

test('[A27] a cookie without an Origin, of another name, without a value or of a carrier that is not enabled counts as none', () => {
  const missing = { reason: 'token_missing' }
  expect(findCredential({ cookie: ['__Host-sallyport=t'] }, noOffer, noQuery, all)).toMatchObject(missing)
  for (const line of ['sallyport=t', '__host-sallyport=t', '__Host-sallyport2=t', '__Host-sallyport=', '']) expect(findCredential(cookie(line), noOffer, noQuery, all)).toMatchObject(missing)
  expect(findCredential(cookie('__Host-sallyport=t'), noOffer, noQuery, new Set(defaultCarriers))).toMatchObject(missing)
})

test('[A27] a cookie never conflicts with what was given on purpose; two of the name do with one another', () => {
  expect(findCredential({ ...cookie('__Host-sallyport=t'), ...header('Bearer u') }, noOffer, noQuery, all)).toEqual({ carrier: 'header', token: 'u' })
  expect(findCredential(cookie('__Host-sallyport=t'), noOffer, queryOf('u'), all)).toEqual({ carrier: 'query', token: 'u' })
  expect(findCredential(cookie('__Host-sallyport=t; __Host-sallyport=u'), noOffer, noQuery, all)).toMatchObject({ reason: 'bad_request' })
  expect(findCredential({ ...cookie('__Host-sallyport=t; __Host-sallyport=u'), ...header('Bearer v') }, noOffer, noQuery, all)).toEqual({ carrier: 'header', token: 'v' })
})

test('[O2] a ticket is a credential given on purpose: it conflicts with every other such one, and wins over a cookie', () => {
  const found = { carrier: 'ticket', token: 't' }
  expect(findCredential({}, noOffer, ticketOf('t'), all)).toEqual(found)
  expect(findCredential(header('Basic x'), noOffer, ticketOf('t'), all)).toEqual(found)
  expect(findCredential(cookie('__Host-sallyport=u'), noOffer, ticketOf('t'), all)).toEqual(found)
  const conflict = { reason: 'bad_request' }
  expect(findCredential(header('Bearer u'), noOffer, ticketOf('t'), all)).toMatchObject(conflict)
  expect(findCredential({}, { modern: true, bearer: 'u' }, ticketOf('t'), all)).toMatchObject(conflict)
  expect(findCredential({}, noOffer, { ...queryOf('u'), tickets: ['t'] }, all)).toMatchObject(conflict)
  expect(findCredential({}, noOffer, ticketOf('t', 't'), all)).toMatchObject(conflict)
  expect(findCredential({}, noOffer, ticketOf('t'), new Set(defaultCarriers))).toMatchObject({ reason: 'token_missing' })
})

test('a conflict names the carriers and no token', () => {
  expect(findCredential(header('Bearer top-secret'), noOffer, queryOf('top-secret'), all)).toEqual({
    reason: 'bad_request',
    detail: 'two credentials: header and query',
  })
})
