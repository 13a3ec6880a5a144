import type { Readable, Writable } from 'node:stream'

/** The three streams of a command line. */
export interface Stdio {
  /** A person is asked only where `isTTY` is true. */
  readonly stdin: Readable & { readonly isTTY?: boolean }
  /** Data. */
  readonly stdout: Writable
  /** Talk. */
  readonly stderr: Writable
}
