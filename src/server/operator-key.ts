import { randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** 32 random bytes in base64url. */
export const operatorKeyForm = /^[A-Za-z0-9_-]{43}$/

/** The key file holds something that is no key. */
export class OperatorKeyInvalid extends Error {
  readonly code = 'ERR_OPERATOR_KEY'
  override readonly name = 'OperatorKeyInvalid'
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'
const isThere = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EEXIST'

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
    if (isMissing(error)) return undefined
    throw error
  }
  const key = text.trim()
  if (!operatorKeyForm.test(key)) throw new OperatorKeyInvalid(`${path} holds no operator key: delete it and start the server again`)
  return key
}

/**
 * Reads the operator's key, or makes one of 32 random bytes in a file that only its owner can read (0600).
 *
 * Two servers that start at once in one folder end with the same key.
 *
 * @throws OperatorKeyInvalid when the file holds something else; Error of the file system when the folder cannot be written.
 */
export const readOrMakeOperatorKey = async (dataDir: string): Promise<string> => {
  const kept = await readOperatorKey(dataDir)
  if (kept !== undefined) return kept

  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const key = randomBytes(32).toString('base64url')
  // Written whole under another name and then linked: nobody ever reads half a key, and the second of two makers notices.
  const draft = join(dataDir, `.operator.key.${randomUUID()}`)
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(`${key}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  try {
    await link(draft, operatorKeyPath(dataDir))
    return key
  } catch (error) {
    if (!isThere(error)) throw error
    const theirs = await readOperatorKey(dataDir)
    if (theirs === undefined) throw error
    return theirs
  } finally {
    await rm(draft, { force: true })
  }
}
