/** Room for so many at once; the others wait in the order they came. */
export interface Lane {
  /** Whether nobody else may even wait. */
  readonly full: boolean
  /** @returns Whether there is room now, to be given back by `leave()`; `false` when the signal or `open()` ended the waiting. */
  enter(signal: AbortSignal): Promise<boolean>
  leave(): void
  /** Lets everybody who waits go on, without room. */
  open(): void
}

/** Creates a lane. The pool keeps no bound for calls that can be cancelled, nor their order, so both are kept here. */
export const createLane = (room: number, maxWaiting: number): Lane => {
  const waiting = new Set<(admitted: boolean) => void>()
  let free = room
  return {
    get full() {
      return free === 0 && waiting.size >= maxWaiting
    },
    async enter(signal) {
      if (free > 0) {
        free -= 1
        return true
      }
      return await new Promise<boolean>((resolve) => {
        const admit = (admitted: boolean): void => {
          waiting.delete(admit)
          resolve(admitted)
        }
        waiting.add(admit)
        signal.addEventListener('abort', () => {
          admit(false)
        })
      })
    },
    leave() {
      const [next] = waiting
      if (next === undefined) free += 1
      else next(true)
    },
    open() {
      for (const admit of waiting) admit(false)
    },
  }
}
