import { access, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseEnv } from 'node:util'
import type { Problem } from './config-error.js'
import { decodeText, envName, type Leaf } from './leaf.js'
import { nearest } from './nearest.js'

/** What one source says about keys, by path. */
export interface Source {
  readonly name: string
  readonly values: ReadonlyMap<string, unknown>
  /** What a key is called there, by path, when it isn't its path. */
  readonly names: ReadonlyMap<string, string>
}

export interface Environment {
  readonly [name: string]: string | undefined
}

const filePaths = ['sallyport.config.js', 'sallyport.config.mjs', 'sallyport.config.json', 'sallyport.config.ts'] as const

/** Names other platforms set, weaker than ours. */
const aliases: readonly (readonly [string, string])[] = [
  ['PORT', 'listen.port'],
  ['HOST', 'listen.host'],
  ['LOG_LEVEL', 'log.level'],
]

const exists = async (path: string): Promise<boolean> => {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Reads the configuration file of a folder, if there is one; nested objects become paths. */
export const readFileSource = async (cwd: string, leaves: readonly Leaf<unknown>[], problems: Problem[]): Promise<Source | undefined> => {
  for (const name of filePaths) {
    const path = resolve(cwd, name)
    // The first file that exists is the one; the order is the documented one.
    if (!(await exists(path))) continue
    let content: unknown
    try {
      content = await readConfigFile(path)
    } catch (error) {
      problems.push({ key: name, source: 'file', value: undefined, allowed: `cannot be read: ${faultOf(error)}`, didYouMean: undefined })
      return undefined
    }
    if (!isRecord(content)) {
      problems.push({ key: name, source: 'file', value: undefined, allowed: 'must export or hold an object', didYouMean: undefined })
      return undefined
    }
    const values = new Map<string, unknown>()
    flatten(content, '', new Set(leaves.map(({ path: leafPath }) => leafPath)), values)
    for (const key of values.keys()) {
      if (leaves.some(({ path: leafPath }) => leafPath === key)) continue
      problems.push({ key, source: name, value: undefined, allowed: 'there is no such key', didYouMean: nearest(key, leaves.map((leaf) => leaf.path)) })
    }
    return { name, values, names: new Map() }
  }
  return undefined
}

/** A parser quotes what it stumbled over, and that may be a secret. */
const faultOf = (error: unknown): string => (error instanceof SyntaxError ? 'its syntax is wrong' : error instanceof Error ? error.message : 'unknown')

const readConfigFile = async (path: string): Promise<unknown> => {
  if (path.endsWith('.json')) {
    const content: unknown = JSON.parse(await readFile(path, 'utf8'))
    return content
  }
  const module: unknown = await import(pathToFileURL(path).href)
  return isRecord(module) ? module['default'] : undefined
}

const flatten = (value: unknown, prefix: string, known: ReadonlySet<string>, into: Map<string, unknown>): void => {
  if (!isRecord(value) || known.has(prefix)) {
    if (value !== undefined) into.set(prefix, value)
    return
  }
  for (const [name, inner] of Object.entries(value)) flatten(inner, prefix === '' ? name : `${prefix}.${name}`, known, into)
}

/** Reads `.env` of a folder as an environment of its own. */
export const readDotEnv = async (cwd: string, problems: Problem[]): Promise<Environment> => {
  const path = resolve(cwd, '.env')
  if (!(await exists(path))) return {}
  try {
    return parseEnv(await readFile(path, 'utf8'))
  } catch (error) {
    problems.push({ key: '.env', source: 'file', value: undefined, allowed: `cannot be read: ${faultOf(error)}`, didYouMean: undefined })
    return {}
  }
}

/** What an environment says; unknown `SALLYPORT_…` names are problems, and `…_FILE` names a file that holds a secret. */
export const readEnvironment = async (name: string, env: Environment, leaves: readonly Leaf<unknown>[], problems: Problem[]): Promise<Source> => {
  const values = new Map<string, unknown>()
  const names = new Map<string, string>()
  const take = (variable: string, text: string, { path, notation }: Leaf<unknown>): void => {
    values.set(path, decodeText(text, notation))
    names.set(path, variable)
  }
  const byName = new Map(leaves.map((leaf) => [envName(leaf.path), leaf]))
  for (const [alias, path] of aliases) {
    const text = env[alias]
    const leaf = leaves.find((candidate) => candidate.path === path)
    if (text !== undefined && text !== '' && leaf !== undefined) take(alias, text, leaf)
  }
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith('SALLYPORT_') || text === undefined) continue
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
      // Few secrets, read once at start.
      const content = await readFile(text, 'utf8').catch(() => undefined)
      // Whoever mixed the two names up wrote the secret itself there.
      if (content === undefined) problems.push({ key: variable, source: name, value: '(secret)', allowed: 'must name a file that can be read', didYouMean: undefined })
      else take(variable, content.trimEnd(), filed)
      continue
    }
    problems.push({ key: variable, source: name, value: undefined, allowed: 'there is no such variable', didYouMean: nearest(variable, [...byName.keys()]) })
  }
  return { name, values, names }
}
