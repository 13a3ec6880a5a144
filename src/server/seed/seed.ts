import type { ImportedMember, WorkspaceImports } from '../../conversation/workspace-import.js'
import { sampleWorkspace } from './sample-workspace.js'

/** Agents of the sample; tokens for them are printed by `dev`, and the examination expects these ids. */
export const sampleMembers: readonly ImportedMember[] = [
  { userId: '1', email: 'sara@example.com', username: 'sara', firstName: 'Sara', lastName: 'Ahmadi', role: 'owner', active: true },
  { userId: '2', email: 'omar@example.com', username: 'omar', firstName: 'Omar', lastName: 'Haddad', role: 'admin', active: true },
  { userId: '3', email: 'nina@example.com', username: 'nina', firstName: 'Nina', lastName: 'Berg', role: 'agent', active: true },
  { userId: '4', email: 'paul@example.com', username: 'paul', firstName: 'Paul', lastName: 'Former', role: 'agent', active: false },
]

/** The only member of the second tenant, who sees nothing of the first. */
export const otherMembers: readonly ImportedMember[] = [
  { userId: '5', email: 'tara@example.net', username: 'tara', firstName: 'Tara', lastName: 'Lind', role: 'owner', active: true },
]

export const firstTenant = { id: '1', name: 'Lantern & Loom', members: sampleMembers } as const

export const secondTenant = { id: '2', name: 'Second Tenant', members: otherMembers, customers: 4, conversations: 6 } as const

export interface Seeded {
  /** Names of the workspaces that were made; empty when they were there already. */
  readonly workspaces: readonly string[]
}

/**
 * Fills a database with sample data: workspace `1` with 4 users, 40 customers and 200 conversations, and a small second tenant `2`.
 *
 * Two transactions. A second call changes nothing, and a workspace that is there already is left alone, whatever it holds.
 *
 * @param at - Epoch milliseconds that count as now for the sample's times.
 * @throws StoreUnavailable when the store does not answer.
 */
export const seed = async (store: WorkspaceImports, { at }: { readonly at: number }): Promise<Seeded> => {
  const samples = [
    sampleWorkspace({ ...firstTenant, customers: 40, conversations: 200, at }),
    sampleWorkspace({ ...secondTenant, at }),
  ]
  const outcomes = await Promise.all(samples.map(async (sample) => ({ name: sample.name, outcome: await store.importWorkspace(sample) })))
  return { workspaces: outcomes.filter(({ outcome }) => outcome === 'imported').map(({ name }) => name) }
}
