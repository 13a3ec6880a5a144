import type { Problem } from './config-error.js'
import { decodeText, type Leaf } from './leaf.js'
import { nearest } from './nearest.js'
import type { Source } from './sources.js'

/**
 * What the command line says, by path; text is read as in the environment, other values stand for themselves.
 *
 * A secret is refused there: every process of the machine can read it.
 */
export const readFlags = (flags: Readonly<Record<string, unknown>>, leaves: readonly Leaf<unknown>[], problems: Problem[]): Source => {
  const values = new Map<string, unknown>()
  for (const [path, value] of Object.entries(flags)) {
    if (value === undefined) continue
    const leaf = leaves.find((candidate) => candidate.path === path)
    const problem = (allowed: string, didYouMean?: string): unknown => problems.push({ key: path, source: 'flag', value: undefined, allowed, didYouMean })
    if (leaf === undefined) problem('there is no such key', nearest(path, leaves.map((candidate) => candidate.path)))
    else if (leaf.secret) problem('is a secret, and every process can read a command line: use the environment or a file')
    else values.set(path, typeof value === 'string' ? decodeText(value, leaf.notation) : value)
  }
  return { name: 'flag', values, names: new Map() }
}
