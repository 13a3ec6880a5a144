import { Socket } from 'node:net'

/** More than the four shapes that V8 tells apart in one place. */
const shapes = 8

/** V8 begins to look at what a function meets once it was called some times. */
const rounds = 10

let shared = false

/**
 * Lets all sockets of this process be made of options that share one hidden class.
 *
 * `net.Socket` copies its options by spreading them and adds three members. V8 before version 12 (Node 20) gives each such copy hidden classes of its own,
 * so that some thirty reads of them have to be learnt anew for every connection. A place that has copied objects of many shapes copies them member by member
 * instead, and those copies share their classes: some sockets without a connection, of options of many shapes, are made here once. It changes nothing but speed; newer
 * versions don't need it. Costs a few milliseconds, once.
 */
export const shareSocketShapes = (): void => {
  if (shared || Number.parseInt(process.versions.v8, 10) >= 12) return
  shared = true
  for (let round = 0; round < rounds; round += 1) for (let shape = 0; shape < shapes; shape += 1) new Socket(optionsOfShape(shape)).destroy()
}

/** Members of these names mean nothing to a socket. */
const optionsOfShape = (shape: number): object => ({ [`shape${String(shape)}`]: true })
