import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Conflict } from './conflict.js'
import { OperatorKeyInvalid } from './operator-key.js'
import { StartError } from './listen.js'

/** What a key may do: look; also ban, revoke and end sessions; also change users and undo. */
export const operatorRoles = ['viewer', 'moderator', 'admin'] as const

export type OperatorRole = (typeof operatorRoles)[number]

/** Somebody who has a key of his own; the key itself is kept nowhere. */
export interface NamedOperator {
  readonly name: string
  readonly role: OperatorRole
  /** SHA-256 of the key, in hex: 256 random bits need no slow hash. */
  readonly digest: string
  /** Epoch milliseconds. */
  readonly createdAt: number
}

/** Names that the audit log uses for others. */
const takenNames = new Set(['operator', 'cli', 'ladder'])

const operatorNameForm = /^[\w.@-]{1,64}$/

const shape = z.array(z.object({ name: z.string().regex(operatorNameForm), role: z.enum(operatorRoles), digest: z.string().regex(/^[0-9a-f]{64}$/), createdAt: z.number() }))

const pathOf = (dataDir: string): string => join(dataDir, 'operators.json')
const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

/** What is kept of a key. */
export const operatorDigest = (key: string): string => createHash('sha256').update(key).digest('hex')

/**
 * Reads who has a key of his own.
 *
 * @throws OperatorKeyInvalid when the file holds something else; Error of the file system when it can't be read.
 */
export const readOperators = async (dataDir: string): Promise<readonly NamedOperator[]> => {
  let text: string
  try {
    text = await readFile(pathOf(dataDir), 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  const read = shape.safeParse(value)
  if (!read.success) throw new OperatorKeyInvalid(`${pathOf(dataDir)} holds no list of operators: delete it and add them again`)
  return read.data
}

/** Changes the list under a lock, whole or not at all; the file is its owner's alone (0600). */
const change = async (dataDir: string, to: (operators: readonly NamedOperator[]) => readonly NamedOperator[]): Promise<void> => {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const lock = join(dataDir, '.operators.lock')
  try {
    await (await open(lock, 'wx', 0o600)).close()
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw new StartError(`Another command is changing the operators: try again, or delete ${lock} when there is none`)
    throw error
  }
  const draft = join(dataDir, `.operators.${randomUUID()}`)
  try {
    const operators = to(await readOperators(dataDir))
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(`${JSON.stringify(operators, undefined, 2)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, pathOf(dataDir))
  } finally {
    await rm(draft, { force: true })
    await rm(lock, { force: true })
  }
}

/**
 * Gives somebody a key of his own.
 *
 * @returns The key, 43 characters of base64url; nobody can read it again.
 * @throws Conflict when the name is taken.
 */
export const addOperator = async (dataDir: string, name: string, role: OperatorRole, at: number): Promise<string> => {
  if (takenNames.has(name)) throw new Conflict('Cannot add an operator as this name is used by the audit log itself')
  const key = randomBytes(32).toString('base64url')
  await change(dataDir, (operators) => {
    if (operators.some((each) => each.name === name)) throw new Conflict('Cannot add an operator as this name is taken')
    return [...operators, { name, role, digest: operatorDigest(key), createdAt: at }]
  })
  return key
}

/** Takes a key away; running servers know within a second. `false` when nobody has this name. */
export const removeOperator = async (dataDir: string, name: string): Promise<boolean> => {
  let found = false
  await change(dataDir, (operators) => {
    found = operators.some((each) => each.name === name)
    return operators.filter((each) => each.name !== name)
  })
  return found
}

/** Finds whose key it is. */
export type FindOperator = (key: string) => Promise<NamedOperator | undefined>

const staleMs = 1_000

/**
 * Looks keys up in the list, which is read again once a second at most, however many keys are tried.
 *
 * @param failed - Told when the list can't be read; then nobody but the owner of `operator.key` is let in.
 */
export const createFindOperator = (dataDir: string, now: () => number, failed: (error: unknown) => void): FindOperator => {
  let operators: Promise<readonly NamedOperator[]> = Promise.resolve([])
  let readAt = -Infinity
  return async (key) => {
    const at = now()
    if (Math.abs(at - readAt) >= staleMs) {
      readAt = at
      operators = readOperators(dataDir).catch((error: unknown) => {
        failed(error)
        return []
      })
    }
    const digest = operatorDigest(key)
    // What is compared is a digest of what was sent: its time tells nothing that leads to a key.
    return (await operators).find((each) => each.digest === digest)
  }
}
