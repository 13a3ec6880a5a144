import { PerformanceObserver, constants } from 'node:perf_hooks'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'

/** Milliseconds without a collection of the old part of the heap, after which the rush that caused the last one is over. */
const calmMs = 4_000

/** Collections after which a heap is tidy: the first moves together what is in use, the second gives back what that left empty. */
const rounds = 2

/** Bytes by which the heap must have grown since it was tidy for it to be worth the trouble: V8 forgets by it what it has learned of connections, and the next rush is a fifth slower at first. */
const worthBytes = 16 * 2 ** 20

/** Milliseconds in which a collection yet may be told of that was begun for the sake of tidiness. */
const aftermathMs = 2_000

/** Says when a heap has to be tidied, by what its collections of the old part tell. */
export interface HeapTidier {
  /** A collection of the old part ended. */
  collected(at: number): void
  /** Looks at the clock; to be called now and then. */
  look(at: number): void
}

/**
 * Creates a tidier. Once the old part has been collected and then not again for four seconds, it has the heap tidied by two more collections, unless it has grown by less than 16 MiB since it
 * was smallest after the last time, and then waits for the next one that comes by itself.
 *
 * @param tidy - Told `true` when V8 shall collect and give back what it can, and `false` when that is done.
 * @param heapBytes - What V8 holds now.
 */
export const createHeapTidier = (tidy: (wanted: boolean) => void, heapBytes: () => number): HeapTidier => {
  let rushAt: number | undefined
  let left = 0
  let deafUntil = 0
  /** Of a heap that was never tidied nothing is known. */
  let leastBytes = 0
  return {
    collected(at) {
      if (left > 0) {
        left -= 1
        if (left > 0) return
        deafUntil = at + aftermathMs
        leastBytes = heapBytes()
        tidy(false)
      } else if (at >= deafUntil) rushAt = at
    },
    look(at) {
      const bytes = heapBytes()
      leastBytes = Math.min(leastBytes, bytes)
      if (rushAt === undefined || at - rushAt < calmMs) return
      rushAt = undefined
      if (bytes - leastBytes < worthBytes) return
      left = rounds
      tidy(true)
    },
  }
}

/**
 * Has V8 give memory back when a rush of connections is over, in this process.
 *
 * It does so by itself where little is allocated; under the usual talk of hundreds of sockets it never does, and what a herd of connections left stays resident. Here it is
 * told to begin marking, beside the program as it always does, and to move things together: pauses of some milliseconds, none of them the whole heap at once.
 * Read by V8 whenever the young part is collected; one that does not know a flag says so on stderr and goes on.
 */
export const tidyHeap = (): void => {
  const tidier = createHeapTidier((wanted) => {
    setFlagsFromString(`--incremental-marking-hard-trigger=${wanted ? '1' : '0'}`)
    setFlagsFromString(wanted ? '--optimize-for-size' : '--no-optimize-for-size')
  }, () => getHeapStatistics().total_heap_size)
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (isMajor(entry)) tidier.collected(performance.now())
  }).observe({ entryTypes: ['gc'] })
  setInterval(() => {
    tidier.look(performance.now())
  }, 500).unref()
}

const isMajor = (entry: object): boolean => {
  const detail: unknown = 'detail' in entry ? entry.detail : undefined
  return typeof detail === 'object' && detail !== null && 'kind' in detail && detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR
}
