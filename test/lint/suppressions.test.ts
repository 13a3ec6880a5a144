import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What is wrong with how a line silences a tool, or undefined when it does not or may. */
const faultOf = (line: string): string | undefined => {
  if (/@ts-(?:ignore|nocheck)\b/.test(line)) return 'silences the compiler without noticing when the error is gone: use @ts-expect-error'
  if (/(?:\/\/|\/\*)\s*eslint-disable/.test(line)) return 'speaks to another linter'
  const directive = /(?:\/\/|\/\*)\s*(?<name>oxlint-disable(?:-next-line|-line)?|@ts-expect-error)\b(?<rest>.*)/.exec(line)?.groups
  if (directive === undefined) return undefined
  const [named = '', ...reason] = (directive['rest'] ?? '').replace(/\*\/.*$/, '').split(/(?:^| )-- /)
  if (directive['name'] !== '@ts-expect-error' && named.trim() === '') return 'silences every rule instead of a named one'
  if (reason.join(' ').trim().length < 10) return 'gives no reason after " -- "'
  return undefined
}

const isCode = (file: string): boolean => /\.(?:[cm]?[jt]sx?)$/.test(file)
// These two plant what this test looks for.
const plants = (file: string): boolean => file.startsWith('test/lint/fixtures/') || file === 'test/lint/suppressions.test.ts'

const code = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter((file) => isCode(file) && !plants(file))

test('every suppression in the tree names its rule and gives a reason', () => {
  const faults = code.flatMap((file) =>
    textOf(file)
      .split('\n')
      .map((line, index) => ({ at: `${file}:${index + 1}`, fault: faultOf(line) }))
      .filter(({ fault }) => fault !== undefined),
  )
  expect(faults).toEqual([])
  expect(code.length).toBeGreaterThan(30)
})

// A file that was deleted and not yet committed as such is still listed.
const textOf = (file: string): string => {
  try {
    return readFileSync(`${root}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

test.each([
  '// oxlint-disable-next-line eslint/no-var',
  '// oxlint-disable-next-line eslint/no-var -- ',
  '// oxlint-disable-next-line eslint/no-var -- because',
  '// oxlint-disable-next-line -- the reason is long enough but no rule is named',
  '/* oxlint-disable */',
  '/* oxlint-disable eslint/no-var */ // -- a reason outside of the directive',
  'x() // oxlint-disable-line eslint/no-var',
  '// @ts-expect-error',
  '// @ts-expect-error: it is wrong',
  '// @ts-ignore -- even with a good reason behind it',
  '// @ts-nocheck',
  '// eslint-disable-next-line no-var -- even with a good reason behind it',
])('"%s" is a fault', (line) => {
  expect(faultOf(line)).toBeDefined()
})

test.each([
  '// oxlint-disable-next-line eslint/no-var -- the old name is part of the interface',
  '/* oxlint-disable eslint/no-var, eslint/no-console -- the old names are part of the interface */',
  '// @ts-expect-error -- the type of this module is wrong before its version 3',
  'const disabled = true',
])('"%s" is fine', (line) => {
  expect(faultOf(line)).toBeUndefined()
})
