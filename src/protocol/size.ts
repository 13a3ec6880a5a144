/** Sizes and times both ends agree on. */
export const limits = {
  /** Largest message a client may send by default, in bytes after reassembly (RFC 6455 section 10.4). */
  frameBytes: 64 * 1024,
  /** Largest header block of a handshake, in bytes. */
  headerBytes: 16 * 1024,
  /** Largest first frame `authenticate`, in bytes. */
  firstFrameBytes: 4 * 1024,
  /** Largest body of an HTTP refusal, in bytes. */
  problemBytes: 300,
  /** Largest close reason, in bytes of UTF-8 (RFC 6455 section 5.5). */
  closeReasonBytes: 123,
  /** Pages of a list are cut at this many bytes, with a true `has_next`. */
  pageBytes: 4 * 1024 * 1024,
} as const
