import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shortestMs } from '../protocol/testing/shortest-ms.js'
import { shownOrigin, shownPath } from './shown-path.js'

test('a path is shown as it was sent, without its query and what may be a fragment', () => {
  expect(shownPath('/ws/customers/?token=a.b.c')).toBe('/ws/customers/')
  expect(shownPath('/ws/customers/#token=a.b.c')).toBe('/ws/customers/')
  expect(shownPath('/ws/chat/0190a1b2-0000-7000-8000-000000000001/')).toBe('/ws/chat/0190a1b2-0000-7000-8000-000000000001/')
  expect(shownPath('//evil.example/%2e%2e/')).toBe('//evil.example/%2e%2e/')
  expect(shownPath(`/${'a/'.repeat(1_000)}`)).toHaveLength(200)
  expect(shownOrigin('https://app.example:8443')).toBe('https://app.example:8443')
  expect(shownOrigin(`https://${'preview-of-a-branch.'.repeat(4)}app.example`)).toBe(`https://${'preview-of-a-branch.'.repeat(4)}app.example`)
})

const segment = (min: number): fc.Arbitrary<string> => fc.string({ minLength: min, maxLength: 120, unit: fc.constantFrom(...'abcXYZ019-_') })
const token = fc.tuple(segment(10), segment(20), segment(43)).map(([header, payload, signature]) => `eyJ${header}.${payload}.${signature}`)

test('[T12] B1: no byte of a token is in what is shown of a request that put it into its path or its Origin', () => {
  const places = fc.constantFrom<(token: string) => string>(
    (text) => `/ws/customers/${text}`,
    (text) => `/ws/customers/${text}/`,
    (text) => `/${text}`,
    (text) => `/ws/customers/;token=${text}`,
    (text) => `/ws/customers/&token=${text}&v=1`,
    (text) => `/ws/customers/%3Ftoken=${text}`,
    (text) => `/ws/customers/#${text}`,
    (text) => `/ws/customers/Bearer%20${text}`,
    (text) => `/ws/customers/${encodeURIComponent(text).replaceAll('.', '%2E')}`,
    (text) => `/ws/${text.replaceAll('.', '/')}/`,
  )
  fc.assert(
    fc.property(token, places, (text, put) => {
      const [, payload = '', signature = ''] = text.split('.')
      const shown = shownPath(put(text)) + shownOrigin(`https://app.example/${text}`) + shownOrigin(text)
      // A piece as short as an id can't be told from one; only whoever cuts the token up himself gets it shown.
      for (const piece of [payload, signature]) if (!put(text).includes(`/${piece}/`) || piece.length > 64) expect(shown).not.toContain(piece)
      expect(shown).not.toContain('eyJ')
    }),
  )
})

test('A6: a target of 12 KiB is shown without much work', async () => {
  for (const unit of ['=', 'a', 'e', 'ey', '/', 'a=/', 'eyJ']) {
    expect(await shortestMs(() => shownPath(`/${unit.repeat(12 * 1024)}`)), unit).toBeLessThan(250)
  }
})
