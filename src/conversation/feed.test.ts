import { describe, expect, test } from 'vitest'
import { createFeed } from './feed.js'
import type { LogSlice } from './conversations.js'
import type { WorkspaceEvent } from './log.js'

const event = (offset: number): WorkspaceEvent => ({
  workspace: 'w', offset, at: 0, change: { type: 'conversation.read', conversation: 'c', userId: '1', upTo: offset, readCount: 0 },
})

/** A log that grows when told to. */
const makeLog = (length: number, limit = Number.POSITIVE_INFINITY) => {
  const log = Array.from({ length }, (_, index) => event(index + 1))
  return {
    append: (): WorkspaceEvent => {
      const next = event(log.length + 1)
      log.push(next)
      return next
    },
    reads: 0,
    broken: false,
    async position(workspace: string) {
      await Promise.resolve()
      if (this.broken) throw new Error('away')
      return workspace === 'w' ? { epoch: 'e', offset: log.length } : undefined
    },
    async since(_workspace: string, offset: number): Promise<LogSlice> {
      await Promise.resolve()
      this.reads += 1
      if (this.broken) throw new Error('away')
      const events = log.slice(offset)
      return { position: { epoch: 'e', offset: log.length }, events: events.length > limit ? undefined : events }
    },
  }
}

const makeFeed = (log: ReturnType<typeof makeLog>) => {
  const told: number[] = []
  const lost: string[] = []
  const failures: unknown[] = []
  const feed = createFeed(log, (error) => failures.push(error))
  feed.listen({ event: ({ offset }) => told.push(offset), lost: (workspace) => lost.push(workspace) })
  return { feed, told, lost, failures }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('the feed of a workspace', () => {
  test('begins where the log stands and tells what comes after, each once and in order', async () => {
    const log = makeLog(3)
    const { feed, told } = makeFeed(log)
    expect(await feed.follow('w').position).toEqual({ epoch: 'e', offset: 3 })
    const four = log.append()
    feed.publish(four)
    feed.publish(four)
    feed.publish(event(2))
    feed.publish(log.append())
    expect(told).toEqual([4, 5])
  })

  test('reads an event nobody told before it tells a later one', async () => {
    const log = makeLog(0)
    const { feed, told } = makeFeed(log)
    await feed.follow('w').position
    log.append()
    log.append()
    feed.publish(log.append())
    expect(told).toEqual([])
    await settled()
    expect(told).toEqual([1, 2, 3])
  })

  test('loses nothing that is told while it asks where the log stands', async () => {
    const log = makeLog(1)
    const { feed, told } = makeFeed(log)
    const following = feed.follow('w')
    feed.publish(log.append())
    feed.publish(log.append())
    const position = await following.position
    await settled()
    expect([position?.offset, told]).toEqual([3, []])
    feed.publish(log.append())
    expect(told).toEqual([4])
  })

  test('hears of other processes by polling, and of nothing when nobody follows', async () => {
    const log = makeLog(0)
    const { feed, told } = makeFeed(log)
    const first = feed.follow('w')
    const second = feed.follow('w')
    await Promise.all([first.position, second.position])
    log.append()
    await feed.poll()
    expect(told).toEqual([1])
    first.letGo()
    first.letGo()
    feed.publish(log.append())
    expect(told).toEqual([1, 2])
    second.letGo()
    const reads = log.reads
    feed.publish(log.append())
    await feed.poll()
    expect([told, log.reads]).toEqual([[1, 2], reads])
  })

  test('says that too much was missed instead of telling part of it', async () => {
    const log = makeLog(0, 5)
    const { feed, told, lost } = makeFeed(log)
    await feed.follow('w').position
    for (let count = 0; count < 6; count += 1) log.append()
    await feed.poll()
    expect([told, lost]).toEqual([[], ['w']])
    feed.publish(log.append())
    expect(told).toEqual([7])
  })

  test('passes over an event at which a listener throws, and whoever published another one is not told', async () => {
    const log = makeLog(3)
    const { feed, told, failures } = makeFeed(log)
    const fault = new TypeError('what is that?')
    feed.listen({
      event({ offset }) {
        if (offset === 4) throw fault
      },
      lost: () => undefined,
    })
    await feed.follow('w').position
    const [four, five] = [log.append(), log.append()]
    feed.publish(five)
    feed.publish(four)
    expect([told, failures]).toEqual([[4, 5], [fault]])
  })

  test('goes on after the store was away', async () => {
    const log = makeLog(0)
    log.broken = true
    const { feed, told, failures } = makeFeed(log)
    const following = feed.follow('w')
    await expect(following.position).rejects.toThrow('away')
    await feed.poll()
    expect(failures).toHaveLength(1)
    log.broken = false
    await feed.poll()
    feed.publish(log.append())
    expect(told).toEqual([1])
  })
})
