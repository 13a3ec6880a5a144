import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSqlite } from './engine.js'
import { removeDatabase } from './remove-database.js'

let folder = ''
let path = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-test-'))
  path = join(folder, 'sallyport.db')
})
afterEach(() => rm(folder, { recursive: true }))

test('a database that is open is not removed from under whoever has it; once closed it is, with its companions', async () => {
  const engine = await openSqlite({ path })
  await expect(removeDatabase(path)).rejects.toThrow('another process has it open: stop that process first')
  expect(await engine.read('lists', 'pragma journal_mode')).toEqual([{ journal_mode: 'wal' }])
  expect(await readdir(folder)).toContain('sallyport.db')
  await engine.close()
  await removeDatabase(path)
  expect(await readdir(folder)).toEqual([])
})

test('none is no failure, and one that is damaged is removed like any other', async () => {
  await removeDatabase(path)
  await removeDatabase(join(folder, 'nowhere', 'sallyport.db'))
  expect(await readdir(folder)).toEqual([])
  await writeFile(path, 'no database at all, but something that was written over one'.repeat(20))
  await removeDatabase(path)
  expect(await readdir(folder)).toEqual([])
})
