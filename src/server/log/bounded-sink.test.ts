import { Writable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createBoundedSink } from './bounded-sink.js'

/** A stream whose reader reads only when told to. */
const stoppedStream = () => {
  const chunks: string[] = []
  const held: (() => void)[] = []
  let stopped = false
  const stream = new Writable({
    highWaterMark: 16_384,
    decodeStrings: false,
    write(chunk: string, _encoding, taken) {
      chunks.push(chunk)
      if (stopped) held.push(taken)
      else taken()
    },
  })
  return {
    stream,
    chunks,
    lines: () => chunks.join('').split('\n').slice(0, -1),
    stop: () => {
      stopped = true
    },
    go: async () => {
      stopped = false
      while (held.length > 0) {
        held.shift()?.()
        // Each turn lets the stream ask for more.
        await turn()
      }
    },
  }
}

const droppedLine = (count: number): string => `dropped ${String(count)}\n`
const kilobyte = `${'x'.repeat(1023)}\n`

describe('a reader that reads', () => {
  test('gets every line in order, those of one turn in one write', async () => {
    const reader = stoppedStream()
    const sink = createBoundedSink({ stream: reader.stream, droppedLine })
    for (let i = 0; i < 50; i += 1) sink.write(`${String(i)}\n`)
    expect(reader.chunks).toEqual([])
    expect(await sink.drained(1_000)).toBe(true)
    expect(reader.lines()).toEqual(Array.from({ length: 50 }, (_, i) => String(i)))
    expect(reader.chunks).toHaveLength(1)
    expect(sink.dropped).toBe(0)
  })
})

describe('a reader that stops', () => {
  test('costs at most the bounds: what does not fit is dropped, counted, and told in its place when it reads again', async () => {
    const reader = stoppedStream()
    reader.stop()
    const sink = createBoundedSink({ stream: reader.stream, maxLines: 100, droppedLine })
    // The first write goes out and makes the stream ask to wait.
    for (let i = 0; i < 20; i += 1) sink.write(kilobyte)
    await turn()
    for (let i = 0; i < 150; i += 1) sink.write(`${String(i)}\n`)
    expect(sink.dropped).toBe(50)
    expect(await sink.drained(5)).toBe(false)

    await reader.go()
    sink.write('after\n')
    expect(await sink.drained(1_000)).toBe(true)
    const lines = reader.lines().slice(20)
    expect(lines).toEqual([...Array.from({ length: 100 }, (_, i) => String(i)), 'dropped 50', 'after'])
  })

  test('costs no more than the bytes that may wait', async () => {
    const reader = stoppedStream()
    reader.stop()
    const sink = createBoundedSink({ stream: reader.stream, maxBytes: 64 * 1024, droppedLine })
    for (let i = 0; i < 20; i += 1) sink.write(kilobyte)
    await turn()
    for (let i = 0; i < 100; i += 1) sink.write(kilobyte)
    expect(sink.dropped).toBe(36)
    expect(reader.stream.writableLength).toBeLessThan(64 * 1024)
  })

  test('gets new lines again only when the queue is half empty, so that one line tells of many', async () => {
    const reader = stoppedStream()
    reader.stop()
    const sink = createBoundedSink({ stream: reader.stream, maxLines: 10, droppedLine })
    sink.write(kilobyte.repeat(20))
    await turn()
    for (let i = 0; i < 1_000; i += 1) sink.write('x\n')
    await reader.go()
    await sink.drained(1_000)
    expect(reader.lines().filter((line) => line.startsWith('dropped'))).toEqual(['dropped 990'])
  })
})

describe('a reader that went away', () => {
  test.each(['EPIPE', 'EIO'])('by %s ends nothing: from then on everything is dropped and counted', async (code) => {
    const stream = new Writable({
      write(_chunk, _encoding, taken) {
        taken(Object.assign(new Error(`write ${code}`), { code }))
      },
    })
    const sink = createBoundedSink({ stream, droppedLine })
    sink.write('a\n')
    await turn()
    await turn()
    sink.write('b\n')
    sink.write('c\n')
    expect(sink.dropped).toBe(2)
    expect(await sink.drained(1_000)).toBe(false)
  })
})
