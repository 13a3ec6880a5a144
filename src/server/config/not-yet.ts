/** Carriers that are not there yet. */
export const laterCarriers: ReadonlySet<unknown> = new Set(['first-frame'])
