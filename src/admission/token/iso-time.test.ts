import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatCreatedAt, parseCreatedAt, parseIsoTime } from './iso-time.js'

describe('dates in the configuration', () => {
  test.each([
    ['2030-01-31', Date.UTC(2030, 0, 31)],
    ['2028-02-29', Date.UTC(2028, 1, 29)],
    ['2030-01-31T12:30Z', Date.UTC(2030, 0, 31, 12, 30)],
    ['2030-01-31T12:30:15.250Z', Date.UTC(2030, 0, 31, 12, 30, 15, 250)],
  ])('%s is read', (text, time) => {
    expect(parseIsoTime(text)).toBe(time)
  })

  test.each(['', '2030', '2030-1-31', '31.01.2030', '2030-02-30', '2029-02-29', '2030-13-01', '2030-01-31T12:30', '2030-01-31T25:00Z', '2030-01-31T12:30+02:00', 'tomorrow', '1893456000', '2030-01-31\n'])(
    '%j is not',
    (text) => {
      expect(parseIsoTime(text)).toBeUndefined()
    },
  )
})

describe('created_at', () => {
  test('is read to the second and written in the same form', () => {
    expect(parseCreatedAt('2026-06-01 12:00:07 +0000')).toBe(Date.UTC(2026, 5, 1, 12, 0, 7))
    expect(formatCreatedAt(Date.UTC(2026, 5, 1, 12, 0, 7, 999))).toBe('2026-06-01 12:00:07 +0000')
  })

  test.each([
    '2026-06-01T12:00:07 +0000',
    '2026-06-01 12:00:07',
    '2026-06-01 12:00:07 +0200',
    '2026-06-01 12:00:07 -0000',
    '2026-06-01 12:00:07+0000',
    '2026-06-01 12:00 +0000',
    '2026-06-31 12:00:07 +0000',
    '2026-06-01 24:00:00 +0000',
    '2026-06-01 23:59:60 +0000',
    ' 2026-06-01 12:00:07 +0000',
    '2026-06-01 12:00:07 +0000\n',
    '٢٠٢٦-06-01 12:00:07 +0000',
    '',
  ])('is not %j', (text) => {
    expect(parseCreatedAt(text)).toBeUndefined()
  })
  const field = (least: number, most: number, width = 2): fc.Arbitrary<string> => fc.integer({ min: least, max: most }).map((value) => String(value).padStart(width, '0'))
  const written = fc.tuple(field(100, 9999, 4), field(0, 13), field(0, 32), field(0, 25), field(0, 61), field(0, 61)).map(([year, month, day, hours, minutes, seconds]) => ({
    day: `${year}-${month}-${day}`,
    time: `${hours}:${minutes}:${seconds}`,
  }))

  test('is the moment that the same ISO time is, and none where that is none', () => {
    fc.assert(
      fc.property(written, ({ day, time }) => {
        expect(parseCreatedAt(`${day} ${time} +0000`)).toBe(parseIsoTime(`${day}T${time}Z`))
      }),
      { numRuns: 2_000 },
    )
  })

  test('is nothing else, whatever one character is changed', () => {
    fc.assert(
      fc.property(fc.nat(24), fc.string({ minLength: 1, maxLength: 1 }), (index, character) => {
        const good = '2026-06-01 12:00:07 +0000'
        const text = good.slice(0, index) + character + good.slice(index + 1)
        const time = parseCreatedAt(text)
        if (time !== undefined) expect(formatCreatedAt(time)).toBe(text)
      }),
    )
  })
})
