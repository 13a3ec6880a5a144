import { createHash } from 'node:crypto'

/** A short name for the rules in force: equal options give equal versions, and no secret can be read back from it. */
export const policyVersionOf = (options: object): string => {
  const text = JSON.stringify(options, (key, value: unknown) => {
    if (key === 'secret' || key === 'events' || key === 'stores' || key === 'limitsStore' || key === 'allowList' || key === 'blockingGuard') return undefined
    return typeof value === 'bigint' ? String(value) : value
  })
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
