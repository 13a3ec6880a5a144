/** Milliseconds that the shortest of some runs takes: others share the machine, and what costs much costs it each time. */
export const shortestMs = async (work: () => unknown, runs = 5): Promise<number> => {
  let shortest = Infinity
  for (let run = 0; run < runs; run += 1) {
    const startedAt = performance.now()
    await work()
    shortest = Math.min(shortest, performance.now() - startedAt)
  }
  return shortest
}
