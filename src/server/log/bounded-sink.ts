import type { Writable } from 'node:stream'

/** Where lines go. */
export interface LineSink {
  write(line: string): unknown
}

/** A sink that never blocks and never grows past its bounds. */
export interface BoundedSink extends LineSink {
  /** Lines that were dropped because nobody read. */
  readonly dropped: number
  /** Resolves when everything is with the operating system (`true`), or nobody reads for `timeoutMs` or ever again (`false`). */
  drained(timeoutMs: number): Promise<boolean>
  /** Writes what waits as far as the stream takes it now; for the end of a process. */
  flush(): void
}

export interface BoundedSinkOptions {
  readonly stream: Writable
  /** Lines that may wait (default 10,000). */
  readonly maxLines?: number
  /** Bytes of UTF-8 that may wait (default 8 MiB). */
  readonly maxBytes?: number
  /** The line that says how many were dropped, once it flows again. */
  readonly droppedLine: (count: number) => string
}

/** Bytes handed to the stream at once: what it may hold beside our own bounds. */
const chunkBytes = 64 * 1024

/**
 * Puts a bounded queue before a stream.
 *
 * Lines of one turn of the event loop leave in one write. While the stream asks to wait, lines gather up to the bounds; then new ones are
 * dropped and counted until the queue is half empty, and one line in their place says how many there were. A stream that fails, such as a pipe
 * whose reader went away (EPIPE), drops everything from then on. Standard output on a pipe is asynchronous on Node, so a stopped reader
 * holds nothing up, not even a thread of the pool.
 */
export const createBoundedSink = ({ stream, maxLines = 10_000, maxBytes = 8 * 1024 * 1024, droppedLine }: BoundedSinkOptions): BoundedSink => {
  let waiting: string[] = []
  let waitingBytes = 0
  let inFlight = 0
  let dropped = 0
  let untold = 0
  let scheduled = false
  let gone = false
  const idle = new Set<() => void>()

  const lost = (): void => {
    gone = true
    dropped += waiting.length
    waiting = []
    waitingBytes = 0
    settle()
  }
  const settle = (): void => {
    if (!gone && (waiting.length > 0 || inFlight > 0)) return
    for (const resolve of idle) resolve()
    idle.clear()
  }
  stream.on('error', lost)
  stream.on('close', lost)
  stream.on('drain', () => {
    pump()
  })

  const tellDropped = (): void => {
    const note = droppedLine(untold)
    untold = 0
    waiting.push(note)
    waitingBytes += Buffer.byteLength(note)
  }
  /** The next lines, up to `chunkBytes` and at least one. */
  const nextChunk = (): string => {
    let count = 0
    let bytes = 0
    for (const line of waiting) {
      const size = Buffer.byteLength(line)
      if (count > 0 && bytes + size > chunkBytes) break
      count += 1
      bytes += size
    }
    waitingBytes -= bytes
    const chunk = count === waiting.length ? waiting : waiting.slice(0, count)
    waiting = count === waiting.length ? [] : waiting.slice(count)
    return chunk.join('')
  }
  const flows = (): boolean => !gone && !stream.writableNeedDrain && !stream.destroyed
  const pump = (): void => {
    scheduled = false
    while (flows()) {
      if (waiting.length === 0) {
        if (untold === 0) break
        tellDropped()
      }
      inFlight += 1
      stream.write(nextChunk(), () => {
        inFlight -= 1
        settle()
      })
    }
    settle()
  }

  return {
    write(line) {
      const size = Buffer.byteLength(line)
      const full =
        untold > 0
          ? waiting.length > maxLines / 2 || waitingBytes + size > maxBytes / 2
          : waiting.length >= maxLines || waitingBytes + size > maxBytes
      if (gone || full) {
        dropped += 1
        if (!gone) untold += 1
        return
      }
      if (untold > 0) tellDropped()
      waiting.push(line)
      waitingBytes += size
      if (scheduled) return
      scheduled = true
      setImmediate(pump)
    },
    get dropped() {
      return dropped
    },
    async drained(timeoutMs) {
      pump()
      if (gone || (waiting.length === 0 && inFlight === 0)) return !gone
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs)
        idle.add(() => {
          clearTimeout(timer)
          resolve()
        })
      })
      return !gone && waiting.length === 0 && inFlight === 0
    },
    flush: pump,
  }
}
