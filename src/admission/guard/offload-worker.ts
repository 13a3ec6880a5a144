import type { OffloadedCall } from './offload.js'

/** Runs an exported function inside a worker thread. */
export const runOffloaded = async ({ module, name, args }: OffloadedCall): Promise<unknown> => {
  const exports: unknown = await import(module)
  const found: unknown = typeof exports === 'object' && exports !== null ? Reflect.get(exports, name) : undefined
  if (typeof found !== 'function') throw new TypeError(`Cannot offload "${name}" as ${module} exports no function of that name`)
  const result: unknown = await Reflect.apply(found, undefined, args)
  return result
}
