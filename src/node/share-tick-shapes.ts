import { AsyncResource } from 'node:async_hooks'

let shared: readonly object[] = []

/**
 * Lets all that waits for `process.nextTick` in this process share one hidden class.
 *
 * Node numbers what is asynchronous, and writes the number into each tick. V8 before version 12 (Node 20) takes the first of them for small integers; once compiled code
 * writes them as fractions, the class is replaced, and the literal that makes ticks, which was learnt with the old one, is from then on looked up for every tick: half a
 * microsecond, a dozen times for a socket. Here two such objects are made with fractions before many ticks were. It changes nothing but speed; newer versions don't need it.
 *
 * @returns What was made, which keeps the class alive; nothing where it is not needed or Node's ticks are not built as expected.
 */
export const shareTickShapes = (): readonly object[] => {
  if (shared.length > 0 || Number.parseInt(process.versions.v8, 10) >= 12) return shared
  const [id, trigger] = Object.getOwnPropertySymbols(new AsyncResource('sallyport'))
  if (id?.description !== 'async_id_symbol' || trigger?.description !== 'trigger_async_id_symbol') return shared
  const tick = (number: number): object => ({ [id]: number, [trigger]: number, callback: tick, args: undefined })
  shared = [tick(0.5), tick(1.5)]
  return shared
}
