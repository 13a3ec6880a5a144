import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseEnv } from 'node:util'
import { parseJsonObject } from '../../admission/token/json-object.js'
import { fileExists } from '../file-exists.js'
import { escapeValue } from '../log/escape.js'
import type { Problem } from './config-error.js'
import { jsonFault } from './json-fault.js'
import { decodeText, envName, type Leaf } from './leaf.js'
import { nearest } from './nearest.js'
import { serviceLinks } from './service-links.js'

/** What one source says about keys, by path. */
export interface Source {
  readonly name: string
  readonly values: ReadonlyMap<string, unknown>
  /** What a key is called there, by path, when it isn't its path. */
  readonly names: ReadonlyMap<string, string>
  /** Files that values came from, by path of the key. */
  readonly files?: ReadonlyMap<string, string>
}

export interface Environment {
  readonly [name: string]: string | undefined
}

const filePaths = ['sallyport.config.js', 'sallyport.config.mjs', 'sallyport.config.json', 'sallyport.config.ts'] as const

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Reads the configuration file of a folder, if there is one; nested objects become paths.
 *
 * @param given - Reads this file instead, which must be there.
 */
export const readFileSource = async (cwd: string, leaves: readonly Leaf<unknown>[], problems: Problem[], given?: string): Promise<Source | undefined> => {
  const found = await Promise.all(filePaths.map((name) => fileExists(resolve(cwd, name))))
  const [name, second] = given === undefined ? filePaths.filter((_, index) => found[index] === true) : [given]
  if (name === undefined) return undefined
  const problem = (allowed: string): undefined => void problems.push({ key: name, source: 'file', value: undefined, allowed, didYouMean: undefined })
  if (second !== undefined) return problem(`and ${second} are both there: keep one`)

  let content: unknown
  try {
    content = await readConfigFile(resolve(cwd, name))
  } catch (error) {
    return problem(`cannot be read: ${faultOf(error)}`)
  }
  if (!isRecord(content)) return problem('must export or hold an object')

  const values = new Map<string, unknown>()
  flatten(content, '', new Set(leaves.map(({ path }) => path)), values)
  const names = new Map<string, string>()
  const files = new Map<string, string>()
  for (const [key, value] of [...values]) {
    // `tokens.keysFile` is for a file what SALLYPORT_TOKENS_KEYS_FILE is for the environment.
    const filed = key.endsWith('File') ? leaves.find(({ path, secret }) => secret && `${path}File` === key) : undefined
    if (filed !== undefined) {
      values.delete(key)
      const text = typeof value === 'string' ? await readSecretFile(resolve(cwd, value)) : undefined
      if (values.has(filed.path)) problems.push({ key, source: name, value: undefined, allowed: `excludes ${filed.path}`, didYouMean: undefined })
      else if (typeof value !== 'string' || text === undefined) problems.push({ key, source: name, value: '(secret)', allowed: 'must name a file that can be read', didYouMean: undefined })
      else {
        values.set(filed.path, decodeText(text, filed.notation))
        names.set(filed.path, key)
        files.set(filed.path, resolve(cwd, value))
      }
      continue
    }
    if (leaves.some(({ path }) => path === key)) continue
    problems.push({ key, source: name, value: undefined, allowed: 'there is no such key', didYouMean: nearest(key, leaves.map(({ path }) => path)) })
  }
  return { name, values, names, files }
}

/** What a file of one secret holds, without its last line break; `undefined` when it can't be read. Few secrets, read at the start and when keys are reloaded. */
const readSecretFile = async (path: string): Promise<string | undefined> => {
  const content = await readFile(path, 'utf8').catch(() => undefined)
  return content?.replace(/\r?\n$/, '')
}

/** A parser quotes what it stumbled over, and that may be a secret. */
const faultOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown'
  if (error instanceof SyntaxError) return 'its syntax is wrong'
  if ('code' in error && error.code === 'ERR_UNKNOWN_FILE_EXTENSION') return 'this Node does not strip types; use Node 22.18 or newer, or sallyport.config.mjs'
  return escapeValue(error.message)
}

const parsed = (text: string): { readonly content: unknown } | { readonly fault: string } => {
  try {
    return { content: JSON.parse(text) }
  } catch (error) {
    return { fault: jsonFault(text, error) }
  }
}

const readConfigFile = async (path: string): Promise<unknown> => {
  if (path.endsWith('.json')) {
    // Editors of Windows begin a file with a mark that RFC 8259 section 8.1 lets a parser pass over.
    const text = (await readFile(path, 'utf8')).replace(/^\uFEFF/, '')
    const answer = parsed(text)
    if ('fault' in answer) throw new Error(answer.fault)
    const { content } = answer
    // Of a name that stands twice in one object the first would be lost in silence.
    if (isRecord(content) && parseJsonObject(Buffer.from(text)) === undefined) throw new Error('one name stands twice in one object, a number is not finite, or it nests too deep')
    return content
  }
  const module: unknown = await import(pathToFileURL(path).href)
  return isRecord(module) ? module['default'] : undefined
}

/** Objects in objects that a configuration has at most; an object that holds itself would have no end. */
const maxDepth = 5

const flatten = (value: unknown, prefix: string, known: ReadonlySet<string>, into: Map<string, unknown>, depth = 0): void => {
  if (!isRecord(value) || known.has(prefix) || depth > maxDepth) {
    if (value !== undefined) into.set(prefix, value)
    return
  }
  // An empty object under a name nobody knows is a slip like any other there.
  if (Object.keys(value).length === 0 && prefix !== '' && ![...known].some((path) => path.startsWith(`${prefix}.`))) into.set(prefix, value)
  for (const [name, inner] of Object.entries(value)) flatten(inner, prefix === '' ? name : `${prefix}.${name}`, known, into, depth + 1)
}

export interface DotEnv {
  readonly env: Environment
  /** Line on which a variable is set, the last one when there are several. */
  lineOf(variable: string): number | undefined
}

/** Lines that were meant to set something of ours and have no "=". */
const brokenLines = (lines: readonly string[], env: Environment): ReadonlySet<number> => {
  const broken = new Set<number>()
  for (const [index, line] of lines.entries()) if (!line.includes('=') && ownBeginning.test(line)) broken.add(index + 1)
  for (const name of Object.keys(env)) {
    // Node 20 reads such a line as the beginning of the next name, so that both are lost.
    if (!name.includes('\n') || !name.includes('SALLYPORT_')) continue
    const first = name.split('\n')[0] ?? ''
    broken.add(lines.findIndex((line) => line.trim() === first.trim()) + 1)
  }
  broken.delete(0)
  return broken
}

const ownBeginning = /^\s*(?:export\s+)?SALLYPORT_/

/** Reads `.env` of a folder as an environment of its own. */
export const readDotEnv = async (cwd: string, problems: Problem[]): Promise<DotEnv> => {
  const path = resolve(cwd, '.env')
  if (!(await fileExists(path))) return { env: {}, lineOf: () => undefined }
  let text = ''
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    problems.push({ key: '.env', source: 'file', value: undefined, allowed: `cannot be read: ${faultOf(error)}`, didYouMean: undefined })
  }
  const lines = text.split('\n')
  const lineOf = (variable: string): number | undefined => {
    const index = lines.findLastIndex((line) => line.replace(/^\s*(?:export\s+)?/, '').split('=')[0]?.trim() === variable)
    return index === -1 ? undefined : index + 1
  }
  const env = parseEnv(text)
  for (const line of brokenLines(lines, env)) problems.push({ key: '.env', source: 'file', line, value: undefined, allowed: 'has a line without "=", which sets nothing', didYouMean: undefined })
  return { env, lineOf }
}

/** What an environment says; unknown `SALLYPORT_…` names are problems, and `…_FILE` names a file that holds a secret. */
export const readEnvironment = async (name: string, env: Environment, leaves: readonly Leaf<unknown>[], problems: Problem[]): Promise<Source> => {
  const values = new Map<string, unknown>()
  const names = new Map<string, string>()
  const files = new Map<string, string>()
  const take = (variable: string, text: string, { path, notation }: Leaf<unknown>): void => {
    values.set(path, decodeText(text, notation))
    names.set(path, variable)
  }
  const byName = new Map(leaves.map((leaf) => [envName(leaf.path), leaf]))
  const links = serviceLinks(env)
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith('SALLYPORT_') || text === undefined || links.has(variable)) continue
    const leaf = byName.get(variable)
    if (leaf !== undefined) {
      take(variable, text, leaf)
      continue
    }
    const filed = variable.endsWith('_FILE') ? byName.get(variable.slice(0, -'_FILE'.length)) : undefined
    if (filed?.secret === true) {
      if (env[envName(filed.path)] !== undefined) {
        problems.push({ key: variable, source: name, value: undefined, allowed: `excludes ${envName(filed.path)}`, didYouMean: undefined })
        continue
      }
      const content = await readSecretFile(text)
      // Whoever mixed the two names up wrote the secret itself there.
      if (content === undefined) problems.push({ key: variable, source: name, value: '(secret)', allowed: 'must name a file that can be read', didYouMean: undefined })
      else {
        take(variable, content, filed)
        files.set(filed.path, resolve(text))
      }
      continue
    }
    // A line without "=" in .env has been named already.
    if (name !== '.env' || !variable.includes('\n')) problems.push({ key: variable, source: name, value: undefined, allowed: 'there is no such variable', didYouMean: nearest(variable, [...byName.keys()]) })
  }
  return { name, values, names, files }
}
