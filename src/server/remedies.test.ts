import { expect, test } from 'vitest'
import { keys } from './config/keys.js'
import { remedies } from './remedies.js'

test('a remedy names only configuration that exists', () => {
  const paths = Object.values(keys).map(({ path }) => path)
  const named = Object.values(remedies).flatMap((remedy) => [...remedy.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name))
  expect(named).toContain('origins')
  for (const name of named) expect(paths.some((path) => path === name || path.startsWith(`${name}.`)), name).toBe(true)
})
