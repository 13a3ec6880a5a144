import { envName } from './leaf.js'

/** Keys that are documented and not there yet, and what to do without them. */
const paths: Readonly<Record<string, string>> = {
  'redis.url': 'limits and leases are kept in memory, hints in the process',
}

const instead = new Map(Object.entries(paths).flatMap(([path, advice]) => [[path, advice] as const, [envName(path), advice] as const]))

/** Why a key or variable is refused that a later version will know; `undefined` for every other name. */
export const notYet = (name: string): string | undefined => {
  const advice = instead.get(name)
  return advice === undefined ? undefined : `is not supported in this version: ${advice}`
}

/** Carriers that are not there yet. */
export const laterCarriers: ReadonlySet<unknown> = new Set(['first-frame'])
