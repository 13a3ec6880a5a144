import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { begin, denialTable, end } from './denial-table.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const protocol = readFileSync(join(root, 'PROTOCOL.md'), 'utf8')

const ruleForm = /\[([A-Z]\d{1,2})\]/g

const testFiles = ['src', 'test'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts') && !path.includes('fixtures'))
    .map((path) => join(root, folder, path)),
)

/** Rules that the names of tests cite: the first argument of `test`, `describe` and their kin, with or without a table before it, and `name` in such a table. */
const citations = (source: string): string[] => {
  const names = [...source.matchAll(/\b(?:test|it|describe)\b[^\n]*?\((['`])(\[[A-Z]\d{1,2}\][^\n]*)/g)].map((match) => match[2] ?? '')
  const afterTables = [...source.matchAll(/^\s*\](?: as const)?\)\((['`])(\[[A-Z]\d{1,2}\][^\n]*)/gm)].map((match) => match[2] ?? '')
  const inTables = [...source.matchAll(/\bname: (')(\[[A-Z]\d{1,2}\][^\n]*)/g)].map((match) => match[2] ?? '')
  return [...names, ...afterTables, ...inTables].flatMap((name) => [...(/^(?:\[[A-Z]\d{1,2}\]\s?)+/.exec(name)?.[0] ?? '').matchAll(ruleForm)].map((match) => match[1] ?? ''))
}

const defined = [...protocol.matchAll(/^- \*\*\[([A-Z]\d{1,2})\]\*\*/gm)].map((match) => match[1] ?? '')
const cited = new Set(testFiles.flatMap((path) => citations(readFileSync(path, 'utf8'))))

test('every rule has one number and every number one rule', () => {
  expect(defined.length).toBeGreaterThan(50)
  expect(defined).toEqual([...new Set(defined)])
})

test('the numbers of each topic are counted from 1 without a gap', () => {
  for (const topic of new Set(defined.map((rule) => rule.slice(0, 1)))) {
    const rules = defined.filter((rule) => rule.startsWith(topic))
    expect(rules).toEqual(rules.map((_, index) => `${topic}${String(index + 1)}`))
  }
})

test('every rule is cited by the name of a test', () => {
  expect(defined.filter((rule) => !cited.has(rule))).toEqual([])
})

test('no test cites a rule that is not written', () => {
  expect([...cited].filter((rule) => !defined.includes(rule))).toEqual([])
})

test('every rule that the text refers to exists', () => {
  const referred = [...protocol.matchAll(ruleForm)].map((match) => match[1] ?? '')
  expect(referred.filter((rule) => !defined.includes(rule))).toEqual([])
})

test('[D1] the table in the document is the table in the code', () => {
  const written = protocol.slice(protocol.indexOf(begin) + begin.length, protocol.indexOf(end)).trim()
  expect(written).toBe(denialTable())
})
