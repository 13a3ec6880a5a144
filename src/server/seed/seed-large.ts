import type { WorkspaceImports } from '../../conversation/workspace-import.js'
import type { PartImports } from '../../stores/sqlite/sqlite-part-imports.js'
import { Conflict } from '../conflict.js'
import { sampleDays, sampleWorkspace } from './sample-workspace.js'
import { firstTenant, secondTenant, type Seeded } from './seed.js'

/** A sample too large for one transaction; `conversations` is a multiple of `perPart`, which is even and at most 500. */
export interface LargeSize {
  readonly name: string
  readonly conversations: number
  /** Of a conversation, in the mean. */
  readonly messages: number
  readonly perPart: number
}

export const largeSizes = {
  m: { name: 'm', conversations: 10_000, messages: 10, perPart: 500 },
  l: { name: 'l', conversations: 100_000, messages: 20, perPart: 500 },
} as const satisfies Readonly<Record<string, LargeSize>>

const conversationsPerCustomer = 5
const dayMs = 86_400_000

/** How far it is; `done` and `all` count conversations. */
export interface SeedProgress {
  readonly done: number
  readonly all: number
}

/**
 * Fills a database with a large sample: workspace `1` in parts, each one transaction, and the small second tenant `2`.
 *
 * When it is interrupted, a second call goes on after the last whole part, with the times of the first. What it makes is the same either way.
 *
 * @param at - Epoch milliseconds that count as now for the sample's times.
 * @param tell - Hears of the parts, before the first one too.
 * @throws Conflict when another import is unfinished there, or the workspace holds less than is asked for; StoreUnavailable.
 */
export const seedLarge = async (store: WorkspaceImports & PartImports, size: LargeSize, at: number, tell: (progress: SeedProgress) => void): Promise<Seeded> => {
  const { id } = firstTenant
  const small = await store.importWorkspace(sampleWorkspace({ ...secondTenant, at }))
  const others = small === 'imported' ? [secondTenant.name] : []
  const unfinished = await store.unfinished(id)
  if (unfinished !== undefined && unfinished.name !== size.name) {
    throw new Conflict(`Cannot seed the size ${size.name} as the size ${unfinished.name} was begun and not finished: run \`sallyport db seed --size ${unfinished.name}\``)
  }
  const held = await store.size(id)
  if (unfinished === undefined && held !== undefined) {
    if (held >= size.conversations) return { workspaces: others }
    throw new Conflict(`Cannot seed the size ${size.name} as there is a workspace ${id} already, with ${String(held)} conversations: use a folder without a database`)
  }
  const now = unfinished === undefined ? at : unfinished.createdAt + sampleDays * dayMs
  const parts = size.conversations / size.perPart
  const first = unfinished?.done ?? 0
  tell({ done: first * size.perPart, all: size.conversations })
  for (let part = first; part < parts; part++) {
    const customers = size.perPart / conversationsPerCustomer
    const workspace = sampleWorkspace({ ...firstTenant, customers, conversations: size.perPart, at: now, part: { index: part, messages: size.messages } })
    await store.importPart({ name: size.name, part, parts, workspace })
    tell({ done: (part + 1) * size.perPart, all: size.conversations })
  }
  return { workspaces: [firstTenant.name, ...others] }
}
