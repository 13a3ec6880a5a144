import type { Outbound } from '../../conversation/outbound.js'
import { append, type MemoryWorkspace, type QueuedMessage } from './memory-workspace.js'

/** The queue of messages on their way to customers, over workspaces held in this process. */
export const createMemoryOutbound = (workspaces: ReadonlyMap<string, MemoryWorkspace>): Outbound => {
  const queueOf = (workspace: string): readonly QueuedMessage[] => workspaces.get(workspace)?.outbound ?? []
  const isHead = (queue: readonly QueuedMessage[], one: QueuedMessage): boolean => queue.find(({ conversation }) => conversation === one.conversation) === one
  const heads = (workspace: string): readonly QueuedMessage[] => {
    const queue = queueOf(workspace)
    return queue.filter((one) => isHead(queue, one)).toSorted((a, b) => a.dueAt - b.dueAt)
  }

  return {
    claim: async ({ workspace, source, limit, at, until, latest }) => {
      const held = workspaces.get(workspace)
      for (const one of heads(workspace)) if (one.source === source && one.dueAt > latest) makeDue(one, at)
      const lane = heads(workspace).filter((one) => one.source === source)
      const outgoing = lane.filter(({ dueAt }) => dueAt <= at).slice(0, limit).flatMap((one) => {
        const entry = held?.conversations.get(one.conversation)
        const message = entry?.messages.find(({ id }) => id === one.message)
        const customer = entry && held?.customers.get(entry.record.customerId)
        if (message === undefined || customer === undefined) return []
        one.attempts += 1
        one.dueAt = until
        return [{ message, customer, attempts: one.attempts, queuedAt: one.queuedAt }]
      })
      const due = lane.map(({ dueAt }) => dueAt)
      return { outgoing, nextDueAt: due.length === 0 ? undefined : Math.min(...due) }
    },

    settle: async ({ workspace, message, attempts, result, at }) => {
      const held = workspaces.get(workspace)
      const one = held?.outbound.find((queued) => queued.message === message)
      if (held === undefined || one === undefined) return undefined
      if (result.outcome !== 'delivered' && one.attempts !== attempts) return undefined
      if (result.outcome === 'postponed') {
        one.dueAt = result.dueAt
        return undefined
      }
      held.outbound.splice(held.outbound.indexOf(one), 1)
      const next = held.outbound.find(({ conversation }) => conversation === one.conversation)
      if (next !== undefined) makeDue(next, at)
      const failure = result.outcome === 'delivered' ? null : result.reason
      return append(held, at, { type: 'message.delivery', message, conversation: one.conversation, failure })
    },

    state: async () => {
      const lanes = new Map<string, { workspace: string; source: string; dueAt: number }>()
      for (const workspace of workspaces.keys()) {
        for (const { source, dueAt } of heads(workspace)) {
          const key = `${workspace} ${source}`
          if (!lanes.has(key)) lanes.set(key, { workspace, source, dueAt })
        }
      }
      const all = [...workspaces.values()].flatMap(({ outbound }) => outbound)
      return { lanes: [...lanes.values()], queued: all.length, oldestAt: all.length === 0 ? undefined : Math.min(...all.map(({ queuedAt }) => queuedAt)) }
    },
  }
}

const makeDue = (one: QueuedMessage, at: number): void => {
  one.dueAt = at
  one.queuedAt = Math.min(one.queuedAt, at)
}
