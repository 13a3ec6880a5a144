import fc from 'fast-check'
import type { Writable } from 'node:stream'
import * as ws from 'ws'
import { expect, test } from 'vitest'
import { encodeTextFrame } from './text-frame.js'

type MakeReceiver = new (options: { readonly isServer: boolean; readonly skipUTF8Validation: boolean }) => Writable

const isMakeReceiver = (value: unknown): value is MakeReceiver => typeof value === 'function'

/** The parser of a real WebSocket, which the typings leave out. */
const Receiver: unknown = Reflect.get(ws, 'Receiver')
if (!isMakeReceiver(Receiver)) throw new Error('ws has no Receiver any more')

/** What a client makes of bytes, given to it in pieces. */
const receive = (bytes: Uint8Array, pieces = 1): readonly string[] => {
  const receiver = new Receiver({ isServer: false, skipUTF8Validation: false })
  const messages: string[] = []
  receiver.on('message', (data: Buffer, isBinary: boolean) => {
    expect(isBinary).toBe(false)
    messages.push(data.toString())
  })
  receiver.on('error', (error) => {
    throw error
  })
  const size = Math.max(1, Math.ceil(bytes.length / pieces))
  for (let start = 0; start < bytes.length; start += size) receiver.write(Buffer.from(bytes.subarray(start, start + size)))
  return messages
}

test.each([0, 1, 124, 125, 126, 127, 65_534, 65_535, 65_536, 65_537, 200_000])('[F1] a text of %i bytes is read by a real parser', (length) => {
  const text = 'a'.repeat(length)
  expect(receive(encodeTextFrame(text))).toEqual([text])
})

test.each([
  [0, 2],
  [125, 2],
  [126, 4],
  [65_535, 4],
  [65_536, 10],
])('[F1] the header of %i bytes is the shortest one: %i bytes, one whole text frame, not masked', (length, headerBytes) => {
  const frame = encodeTextFrame('a'.repeat(length))
  expect(frame.byteLength).toBe(headerBytes + length)
  expect(frame[0]).toBe(0x81)
  expect((frame[1] ?? 0x80) & 0x80).toBe(0)
})

test('[F1] lengths are counted in bytes of UTF-8, not in characters', () => {
  for (const text of ['é'.repeat(62), 'é'.repeat(63), '😀'.repeat(31), '😀'.repeat(32), 'س'.repeat(32_768), 'a\u0000b'])
    expect(receive(encodeTextFrame(text))).toEqual([text])
})

test('[F1] a lone surrogate becomes the replacement character, so the payload is always UTF-8', () => {
  expect(receive(encodeTextFrame('a\ud800b'))).toEqual(['a\ufffdb'])
})

test('[F1] any text arrives as it was, however its frame is cut into pieces and behind any other', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 50 }), (first, second, pieces) => {
      expect(receive(Buffer.concat([encodeTextFrame(first), encodeTextFrame(second)]), pieces)).toEqual([first, second])
    }),
    { numRuns: 200 },
  )
})
