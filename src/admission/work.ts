/**
 * Work that waits only when it must: a generator that yields a promise whenever it has to wait for somebody else, and else runs straight through.
 *
 * The promises it yields never reject; `waitFor` makes them.
 */
export type Work<T> = Generator<Promise<void>, T, void>

/**
 * Does a piece of work.
 *
 * @returns Its result at once when it never waited, else a promise of it. So what answers from memory costs no promise and no turn of the loop.
 */
export const settle = <T>(work: Work<T>): T | Promise<T> => {
  const step = work.next()
  return step.done === true ? step.value : settleLater(work, step.value)
}

const settleLater = async <T>(work: Work<T>, first: Promise<void>): Promise<T> => {
  let waiting = first
  for (;;) {
    await waiting
    const step = work.next()
    if (step.done === true) return step.value
    waiting = step.value
  }
}

/**
 * Waits inside of work, as `await` does inside of an async function: gives what the promise gives, throws what it rejects with.
 *
 * @example const user = yield* waitFor(users.find(id, deadline))
 */
export const waitFor = function* <T>(promise: Promise<T>): Work<T> {
  const answer: { settled?: PromiseSettledResult<T> } = {}
  yield promise.then(
    (value) => {
      answer.settled = { status: 'fulfilled', value }
    },
    (reason: unknown) => {
      answer.settled = { status: 'rejected', reason }
    },
  )
  const { settled } = answer
  if (settled === undefined) throw new Error('work went on before its promise was settled')
  if (settled.status === 'rejected') throw settled.reason
  return settled.value
}
