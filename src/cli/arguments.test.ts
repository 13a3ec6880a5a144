import { expect, test } from 'vitest'
import { parseMoment } from './arguments.js'

test.each([
  ['2026-01-15T12:00:00Z', Date.UTC(2026, 0, 15, 12)],
  ['2026-01-15T12:00+02:00', Date.UTC(2026, 0, 15, 10)],
  ['2028-02-29T00:00:00.250Z', Date.UTC(2028, 1, 29, 0, 0, 0, 250)],
])('%s is a moment', (text, at) => {
  expect(parseMoment(text)).toBe(at)
})

test.each(['2026-02-30T12:00:00Z', '2026-02-29T12:00:00Z', '2026-13-01T12:00:00Z', '2026-01-15', '2026-01-15T12:00:00', 'yesterday', ''])('%j is none', (text) => {
  expect(() => parseMoment(text)).toThrow('It must be a time such as 2026-01-15T12:00:00Z.')
})
