import { setFlagsFromString } from 'node:v8'

/** By how much of itself the heap may grow between two collections of its old part. */
const growthPercent = 30

/**
 * Has V8 collect the old part of the heap when it has grown by a third, in this process and its workers.
 *
 * By default it waits until the heap is several times what is in use: after a flood of connections that lived for seconds, a hundred MiB of garbage
 * stay resident, as nothing more comes that would fill the rest. Read by V8 at each collection; one that does not know the flag says so on stderr and goes on.
 */
export const narrowHeap = (): void => {
  setFlagsFromString(`--heap-growing-percent=${String(growthPercent)}`)
}
