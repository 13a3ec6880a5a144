import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addOperator, createFindOperator, operatorDigest, readOperators, removeOperator } from './operator-keys.js'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-operators-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('[E10] of a key only the digest is kept, in a file of its owner alone, and nothing else is left behind', async () => {
  const key = await addOperator(folder, 'mona', 'moderator', 1_000)
  expect(key).toMatch(/^[A-Za-z0-9_-]{43}$/)
  const path = join(folder, 'operators.json')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readFile(path, 'utf8')).not.toContain(key)
  expect(await readOperators(folder)).toEqual([{ name: 'mona', role: 'moderator', digest: operatorDigest(key), createdAt: 1_000 }])
  await expect(addOperator(folder, 'mona', 'admin', 1_000)).rejects.toThrow('Cannot add an operator as this name is taken')
  await expect(addOperator(folder, 'cli', 'admin', 1_000)).rejects.toThrow('used by the audit log itself')
  expect(await readdir(folder)).toEqual(['operators.json'])
})

test('[E10] a key that is taken away is nobody\'s within a second, and an unreadable list lets nobody in', async () => {
  const time = { at: 10_000 }
  const failures: unknown[] = []
  const find = createFindOperator(folder, () => time.at, (error) => failures.push(error))
  const key = await addOperator(folder, 'mona', 'viewer', time.at)
  expect(await find(key)).toMatchObject({ name: 'mona', role: 'viewer' })
  expect(await find(`${key}x`)).toBeUndefined()
  expect(await removeOperator(folder, 'mona')).toBe(true)
  expect(await removeOperator(folder, 'mona')).toBe(false)
  time.at += 1_000
  expect(await find(key)).toBeUndefined()
  await writeFile(join(folder, 'operators.json'), '{}')
  time.at += 1_000
  expect(await find(key)).toBeUndefined()
  expect(failures).toMatchObject([{ code: 'ERR_OPERATOR_KEY' }])
})

test('two commands that change the list at once do not lose a change: one of them is told to try again', async () => {
  const results = await Promise.allSettled(['a', 'b', 'c', 'd'].map((name) => addOperator(folder, name, 'viewer', 1)))
  const added = results.filter(({ status }) => status === 'fulfilled').length
  expect(added).toBeGreaterThan(0)
  expect(await readOperators(folder)).toHaveLength(added)
})
