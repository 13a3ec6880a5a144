import { Counter, type Registry } from 'prom-client'

/** One count of one set of labels; adding to it costs an addition. */
export interface Cell {
  value: number
}

/** The cell of some label values, in the order of the label names. */
export type Counted = (...values: readonly string[]) => Cell

/** Sets of labels one counter may have; whatever comes after them is counted as `other`. Far more than reasons, steps and endpoints make. */
const maxCells = 2_000

/**
 * A counter whose cells are found by a look-up per label and read only when somebody asks, so that counting costs the path of a connection
 * tens of nanoseconds: the library's own children hash their labels at every step.
 */
export const createCounted = (registry: Registry, name: string, help: string, labelNames: readonly string[]): Counted => {
  interface Branch {
    readonly branches: Map<string, Branch>
    readonly cell: Cell
    readonly labels: Readonly<Record<string, string>>
  }
  const root: Branch = { branches: new Map(), cell: { value: 0 }, labels: {} }
  const leaves: Branch[] = []
  const counter = new Counter({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect() {
      counter.reset()
      for (const { labels, cell } of leaves) counter.inc(labels, cell.value)
    },
  })
  if (labelNames.length === 0) leaves.push(root)

  return (...values) => {
    let branch = root
    for (let i = 0; i < labelNames.length; i += 1) {
      const label = labelNames[i] ?? ''
      const last = i === labelNames.length - 1
      const value = values[i] ?? ''
      let next = branch.branches.get(value)
      if (next === undefined) {
        const named = leaves.length < maxCells ? value : 'other'
        next = branch.branches.get(named)
        if (next === undefined) {
          next = { branches: new Map(), cell: { value: 0 }, labels: { ...branch.labels, [label]: named } }
          branch.branches.set(named, next)
          if (last) leaves.push(next)
        }
      }
      branch = next
    }
    return branch.cell
  }
}
