import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const rows = [...readFileSync(join(root, 'test/exam/catalogue.md'), 'utf8').matchAll(/^\| ([A-Z]\d{1,2}) \|.*\| (.*) \|$/gm)].map(([, item = '', where = '']) => ({
  item,
  files: [...where.matchAll(/`([^`]+\.test\.ts)`/g)].map(([, file = '']) => file),
}))

test('every item of the catalogue of attacks has one row', () => {
  expect(rows.length).toBeGreaterThan(20)
  expect(rows.map(({ item }) => item)).toEqual([...new Set(rows.map(({ item }) => item))])
})

test('every file that the catalogue of attacks lists is there, and most name the item', () => {
  const listed = rows.flatMap(({ item, files }) => files.map((file) => ({ item, file })))
  expect(listed.filter(({ file }) => !existsSync(join(root, file)))).toEqual([])
  const naming = listed.filter(({ item, file }) => {
    // Rules of PROTOCOL.md have numbers of the same form, in brackets.
    const text = readFileSync(join(root, file), 'utf8').replaceAll(/\[[A-Z]\d{1,2}\]/g, '')
    return new RegExp(`\\b${item}\\b`).test(text)
  })
  expect(naming.length).toBeGreaterThan(listed.length / 2)
})
