import { randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { platform } from 'node:process'

/** 32 random bytes in base64url. */
export const operatorKeyForm = /^[A-Za-z0-9_-]{43}$/

/** The key file holds something that is no key, or can't be written. */
export class OperatorKeyInvalid extends Error {
  readonly code = 'ERR_OPERATOR_KEY'
  override readonly name = 'OperatorKeyInvalid'
}

const hasCode = (error: unknown, code: string): boolean => error instanceof Error && 'code' in error && error.code === code

/** Where the operator's key of a data folder lies. */
export const operatorKeyPath = (dataDir: string): string => join(dataDir, 'operator.key')

/**
 * Reads the key with which the command line speaks to the internal port.
 *
 * @returns 43 characters of base64url, or `undefined` when no server has made one here yet.
 * @throws OperatorKeyInvalid when the file holds something else; Error of the file system when it cannot be read.
 */
export const readOperatorKey = async (dataDir: string): Promise<string | undefined> => {
  const path = operatorKeyPath(dataDir)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    if (hasCode(error, 'EISDIR')) throw new OperatorKeyInvalid(`${path} is a folder: remove it and start the server again`)
    throw error
  }
  const key = text.trim()
  if (!operatorKeyForm.test(key)) throw new OperatorKeyInvalid(`${path} holds no operator key: delete it and start the server again`)
  return key
}

/** What to tell whoever starts a server whose operator's key others on the machine can read; nothing where files have no such modes (Windows). */
export const exposedKeyWarning = async (dataDir: string): Promise<string | undefined> => {
  if (platform === 'win32') return undefined
  const path = operatorKeyPath(dataDir)
  const { mode } = await stat(path)
  return (mode & 0o077) === 0 ? undefined : `${path} can be read by others (mode ${(mode & 0o777).toString(8)}), and whoever reads it is an operator: run "chmod 600 ${path}"`
}

/** What the system says of a write names no file. */
const fill = async (file: FileHandle, text: string, path: string): Promise<void> => {
  try {
    await file.writeFile(text)
    await file.sync()
  } catch (error) {
    const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'an unknown error'
    const why = code === 'ENOSPC' ? 'the disk is full; free some space' : `the file system answered ${code}`
    throw new OperatorKeyInvalid(`Cannot write ${path}: ${why}`, { cause: error })
  } finally {
    await file.close()
  }
}

/**
 * Reads the operator's key, or makes one of 32 random bytes in a file that only its owner can read (0600).
 *
 * Two servers that start at once in one folder end with the same key.
 *
 * @throws OperatorKeyInvalid when the file holds something else or can't be filled, of which nothing is left; Error of the file system when the folder cannot be written.
 */
export const readOrMakeOperatorKey = async (dataDir: string): Promise<string> => {
  const kept = await readOperatorKey(dataDir)
  if (kept !== undefined) return kept

  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const key = randomBytes(32).toString('base64url')
  const path = operatorKeyPath(dataDir)
  // Written whole under another name and then linked: nobody ever reads half a key, and the second of two makers notices.
  const draft = join(dataDir, `.operator.key.${randomUUID()}`)
  const file = await open(draft, 'wx', 0o600)
  try {
    await fill(file, `${key}\n`, path)
    await link(draft, path)
    return key
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
    const theirs = await readOperatorKey(dataDir)
    if (theirs === undefined) throw new OperatorKeyInvalid(`${path} is a link to a file that is not there: delete it and start the server again`)
    return theirs
  } finally {
    await rm(draft, { force: true })
  }
}
