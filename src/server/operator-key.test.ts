import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process, { platform } from 'node:process'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { exposedKeyWarning, operatorKeyPath, readOperatorKey, readOrMakeOperatorKey } from './operator-key.js'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-key-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('the first start makes a key that only its owner can read, the second start keeps it', async () => {
  const data = join(folder, 'data')
  expect(await readOperatorKey(data)).toBeUndefined()
  const key = await readOrMakeOperatorKey(data)
  expect(key).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect((await stat(operatorKeyPath(data))).mode & 0o777).toBe(0o600)
  expect(await readOrMakeOperatorKey(data)).toBe(key)
  expect(await readOperatorKey(data)).toBe(key)
})

test('a key that others can read is told of, with the mode and the remedy', async () => {
  await readOrMakeOperatorKey(folder)
  expect(await exposedKeyWarning(folder)).toBeUndefined()
  for (const mode of [0o640, 0o604, 0o644]) {
    await chmod(operatorKeyPath(folder), mode)
    expect(await exposedKeyWarning(folder)).toBe(
      `${operatorKeyPath(folder)} can be read by others (mode ${mode.toString(8)}), and whoever reads it is an operator: run "chmod 600 ${operatorKeyPath(folder)}"`,
    )
  }
})

test('servers that start at once in one folder agree on one key and leave no drafts', async () => {
  const keys = await Promise.all(Array.from({ length: 8 }, () => readOrMakeOperatorKey(folder)))
  expect(new Set(keys).size).toBe(1)
  expect(await readdir(folder)).toEqual(['operator.key'])
})

test('a file that holds no key is an error that says what to do, without its content', async () => {
  await writeFile(operatorKeyPath(folder), 'not a key\n')
  await expect(readOrMakeOperatorKey(folder)).rejects.toMatchObject({ code: 'ERR_OPERATOR_KEY' })
  await expect(readOrMakeOperatorKey(folder)).rejects.toThrow(/delete it and start the server again$/)
  await expect(readOrMakeOperatorKey(folder)).rejects.not.toThrow('not a key')
})

test('a folder, or a link to nothing, in the place of the key is named with what to do, and no draft is left', async () => {
  const path = operatorKeyPath(folder)
  await mkdir(path)
  await expect(readOrMakeOperatorKey(folder)).rejects.toThrow(`${path} is a folder: remove it and start the server again`)
  await rm(path, { recursive: true })
  await symlink('nowhere', path)
  await expect(readOrMakeOperatorKey(folder)).rejects.toThrow(`${path} is a link to a file that is not there: delete it and start the server again`)
  expect(await readdir(folder)).toEqual(['operator.key'])
})

test.skipIf(platform === 'win32')('a disk that does not take the key is named with its path, and no draft is left however often it is tried', async () => {
  const module = new URL('./operator-key.js', import.meta.url).href
  const script = 'import(process.argv[1]).then(({ readOrMakeOperatorKey }) => readOrMakeOperatorKey(process.argv[2])).catch((error) => console.log(error.message))'
  const { stdout } = spawnSync('/bin/sh', ['-c', 'ulimit -f 0 && exec "$0" "$@"', process.execPath, '-e', script, module, folder], { encoding: 'utf8' })
  expect(stdout).toBe(`Cannot write ${operatorKeyPath(folder)}: the file system answered EFBIG\n`)
  expect(await readdir(folder)).toEqual([])
})
