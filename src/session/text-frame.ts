/**
 * Frames a text message as a server sends it: FIN set, opcode 1, not masked, shortest length form (RFC 6455 section 5.2).
 *
 * @param text - A lone surrogate becomes U+FFFD, so the payload is always UTF-8.
 * @returns One buffer with header and payload, to be written as it is.
 */
export const encodeTextFrame = (text: string): Uint8Array => {
  const length = Buffer.byteLength(text)
  const headerBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(headerBytes + length)
  frame[0] = 0x81
  if (headerBytes === 2) {
    frame[1] = length
  } else if (headerBytes === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.write(text, headerBytes)
  return frame
}
