/** Things with an end, handed out once they are over. No timers: the owner asks. */
export interface ExpiryQueue<T> {
  push(item: T): void
  /** Removes one item that ends at or before `at`, earliest end first; `undefined` when there is none. */
  take(at: number): T | undefined
  /** All items, in no order. */
  all(): Iterable<T>
  readonly size: number
}

/** Where a queue keeps its items: an array, or what takes less room for what they are. */
export interface ExpiryHeap<T> {
  readonly length: number
  at(index: number): T | undefined
  set(index: number, item: T): void
  push(item: T): void
  pop(): T | undefined
}

/**
 * Creates a binary heap ordered by end; `push` and `take` cost its depth, an idle `take` one comparison.
 *
 * @param endOf - Epoch milliseconds at which an item ends; the same whenever it is asked.
 * @param heap - Empty (default an array).
 */
export const createExpiryQueue = <T extends object | number>(endOf: (item: T) => number, heap: ExpiryHeap<T> = arrayHeap()): ExpiryQueue<T> => {
  const endAt = (index: number): number => {
    const item = heap.at(index)
    return item === undefined ? Infinity : endOf(item)
  }

  const swap = (a: number, b: number): void => {
    const first = heap.at(a)
    const second = heap.at(b)
    if (first === undefined || second === undefined) return
    heap.set(a, second)
    heap.set(b, first)
  }

  const raise = (index: number): void => {
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (endAt(parent) <= endAt(index)) return
      swap(parent, index)
      index = parent
    }
  }

  const sink = (index: number): void => {
    for (;;) {
      const left = 2 * index + 1
      const least = endAt(left + 1) < endAt(left) ? left + 1 : left
      if (endAt(index) <= endAt(least)) return
      swap(index, least)
      index = least
    }
  }

  return {
    push(item) {
      heap.push(item)
      raise(heap.length - 1)
    },
    take(at) {
      if (endAt(0) > at) return undefined
      swap(0, heap.length - 1)
      const first = heap.pop()
      sink(0)
      return first
    },
    *all() {
      for (let index = 0; index < heap.length; index++) {
        const item = heap.at(index)
        if (item !== undefined) yield item
      }
    },
    get size() {
      return heap.length
    },
  }
}

const arrayHeap = <T>(): ExpiryHeap<T> => {
  const items: T[] = []
  return {
    get length() {
      return items.length
    },
    at: (index) => items[index],
    set(index, item) {
      items[index] = item
    },
    push(item) {
      items.push(item)
    },
    pop: () => items.pop(),
  }
}
