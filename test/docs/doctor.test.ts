import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { remedies } from '../../dist/cli/doctor/findings.js'

test('the page has a row for each finding, with the remedy that the doctor names', async () => {
  const page = await readFile(new URL('../../docs/doctor.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `(\w+)` \| (.+?) \| (.+) \|$/gm)].map(([, code = '', meaning = '', remedy = '']) => ({ code, meaning, remedy }))
  expect(Object.fromEntries(rows.map(({ code, remedy }) => [code, remedy]))).toEqual(remedies)
  for (const { meaning } of rows) expect(meaning.length).toBeGreaterThan(10)
})
