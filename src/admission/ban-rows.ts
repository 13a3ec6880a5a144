import type { NetworkKey } from './address/network.js'
import { ipv4Text, ipv6Text } from './address/words.js'
import type { Ban, BanSubject } from './ban.js'
import { type BanIds, createBanIds } from './ban-ids.js'
import { pieceBits, pieceMask, rowsInPiece } from './piece.js'

/** Where the bans of a subject are found: a network, or the id of a user. */
export type BanPlace = NetworkKey | string

/**
 * Bans in columns of numbers, by row number: at 500,000 bans of IPv4 a fifth of the memory that as many objects would take.
 *
 * Texts are kept for users and for what bans have in common; those of networks are made anew from their bits. A row that was freed is given out again.
 */
export interface BanRows {
  /** @param place - What `parseNetwork` reads of its network, or the id of its user. */
  add(ban: Ban, place: BanPlace): number
  /** The ban of a row, made anew unless it was met lately: a flood from banned addresses meets the same ones again and again. */
  at(row: number): Ban
  id(row: number): string
  hasId(row: number, id: string): boolean
  /** Ends what the row says but for its end, which is asked until it is freed. */
  close(row: number): void
  place(row: number): BanPlace
  /** Epoch milliseconds; `Infinity` for one without end. */
  endOf(row: number): number
  /** The next of the bans of one subject, or -1. */
  next(row: number): number
  setNext(row: number, next: number): void
  /** Whether the row, which is of the same id and subject, holds exactly what `ban` says. */
  equals(row: number, ban: Ban): boolean
  /** Takes back what `list` said of every row. */
  unlistAll(): void
  /** Says that the row, as a new one does, belongs to the newest list. */
  list(row: number): void
  /** The first row at `from` or after it that is neither closed nor listed, or -1. */
  nextUnlisted(from: number): number
  free(row: number): void
  /** Rows that are not closed. */
  readonly size: number
}

/** Creates an empty table. */
export const createBanRows = (): BanRows => {
  const ids: BanIds = createBanIds()
  const pieces: Piece[] = []
  const freed: number[] = []
  /** The bans that were met lately, at the last bits of their rows; at most some 4 MiB. */
  const met: ({ readonly row: number; readonly ban: Ban } | undefined)[] = Array.from({ length: metMask + 1 })
  let used = 0
  let size = 0

  const pieceOf = (row: number): Piece => pieces[row >>> pieceBits] ?? nothing

  const aboutOf = (row: number): About => {
    const { common, own } = pieceOf(row)
    return own?.get(row & pieceMask) ?? common
  }

  let newest: About = nobody
  const setAbout = (piece: Piece, index: number, ban: Ban): void => {
    // The bans of a list mostly have all three in common.
    if (!isSame(newest, ban)) newest = { reason: ban.reason, actor: ban.actor, source: ban.source }
    if (piece.common === nobody) piece.common = newest
    if (!isSame(piece.common, newest)) (piece.own ??= new Map()).set(index, newest)
  }

  const place = (row: number): BanPlace => {
    const piece = pieceOf(row)
    const index = row & pieceMask
    const kind = piece.kinds[index]
    if (kind === userKind) return piece.texts?.[index] ?? ''
    const first = piece.words[index] ?? 0
    const prefix = piece.prefixes[index] ?? 0
    if (kind === ipv4Kind) return { family: 4, words: [first], prefix }
    const { rest } = piece
    return { family: 6, words: [first, rest?.[index * 3] ?? 0, rest?.[index * 3 + 1] ?? 0, rest?.[index * 3 + 2] ?? 0], prefix }
  }

  const subject = (row: number): BanSubject => {
    const at = place(row)
    return typeof at === 'string' ? { kind: 'user', userId: at } : { kind: 'network', network: textOf(at) }
  }

  const setNetwork = (piece: Piece, index: number, { words, prefix, family }: NetworkKey): void => {
    piece.words[index] = words[0] ?? 0
    piece.prefixes[index] = prefix
    if (family === 4) return
    const rest = (piece.rest ??= new Int32Array(3 * rowsInPiece))
    for (let i = 1; i < 4; i++) rest[index * 3 + i - 1] = words[i] ?? 0
  }

  const endOf = (row: number): number => pieceOf(row).ends[row & pieceMask] ?? Infinity

  return {
    add(ban, at) {
      const row = freed.pop() ?? used++
      const index = row & pieceMask
      const piece = (pieces[row >>> pieceBits] ??= emptyPiece())
      size += 1
      ids.set(row, ban.id)
      piece.kinds[index] = typeof at === 'string' ? userKind : at.family
      if (typeof at === 'string') (piece.texts ??= [])[index] = at
      else setNetwork(piece, index, at)
      setAbout(piece, index, ban)
      piece.made[index] = ban.createdAt
      piece.ends[index] = ban.expiresAt ?? Infinity
      piece.next[index] = -1
      piece.listed[index] = 1
      return row
    },
    at(row) {
      const known = met[row & metMask]
      if (known?.row === row) return known.ban
      const { reason, actor, source } = aboutOf(row)
      const end = endOf(row)
      const createdAt = pieceOf(row).made[row & pieceMask] ?? 0
      const ban: Ban = { id: ids.at(row), subject: subject(row), reason, actor, source, createdAt, expiresAt: end === Infinity ? undefined : end }
      met[row & metMask] = { row, ban }
      return ban
    },
    id: ids.at,
    hasId: ids.is,
    close(row) {
      if (met[row & metMask]?.row === row) met[row & metMask] = undefined
      pieceOf(row).kinds[row & pieceMask] = closed
      size -= 1
    },
    place,
    endOf,
    next: (row) => pieceOf(row).next[row & pieceMask] ?? -1,
    setNext(row, next) {
      pieceOf(row).next[row & pieceMask] = next
    },
    equals: (row, ban) => endOf(row) === (ban.expiresAt ?? Infinity) && pieceOf(row).made[row & pieceMask] === ban.createdAt && isSame(aboutOf(row), ban),
    unlistAll() {
      for (const { listed } of pieces) listed.fill(0)
    },
    list(row) {
      pieceOf(row).listed[row & pieceMask] = 1
    },
    nextUnlisted(from) {
      for (let row = from; row < used; row++) {
        const { kinds, listed } = pieceOf(row)
        if (listed[row & pieceMask] === 0 && kinds[row & pieceMask] !== closed) return row
      }
      return -1
    },
    free(row) {
      const piece = pieceOf(row)
      const index = row & pieceMask
      if (piece.texts) piece.texts[index] = undefined
      piece.own?.delete(index)
      ids.free(row)
      freed.push(row)
    },
    get size() {
      return size
    },
  }
}

type About = Pick<Ban, 'reason' | 'actor' | 'source'>

const nobody: About = { reason: '', actor: '', source: 'manual' }

const isSame = (a: About, b: About): boolean => a.reason === b.reason && a.actor === b.actor && a.source === b.source

const textOf = ({ family, words, prefix }: NetworkKey): string => {
  if (family === 4) return prefix === 32 ? ipv4Text(words[0] ?? 0) : `${ipv4Text(words[0] ?? 0)}/${prefix}`
  return prefix === 128 ? ipv6Text(words) : `${ipv6Text(words)}/${prefix}`
}

const closed = 0
const userKind = 1
const ipv4Kind = 4

/** Rows are kept in pieces, so that more of them copy nothing and leave nothing behind. */
interface Piece {
  /** `closed`, `userKind`, or the family of the network. */
  readonly kinds: Uint8Array
  /** The first word of a network. */
  readonly words: Int32Array
  readonly prefixes: Uint8Array
  /** The other three words, made with the first network of IPv6 in the piece. */
  rest: Int32Array | undefined
  /** Ids of users, made with the first of them in the piece. */
  texts: (string | undefined)[] | undefined
  /** What the first ban of the piece is about, and mostly all others of its list. */
  common: About
  /** What other bans are about, by index; made with the first of them in the piece. */
  own: Map<number, About> | undefined
  readonly made: Float64Array
  readonly ends: Float64Array
  readonly next: Int32Array
  readonly listed: Uint8Array
}

const metMask = (1 << 14) - 1

const pieceOfSize = (count: number): Piece => ({
  kinds: new Uint8Array(count),
  words: new Int32Array(count),
  prefixes: new Uint8Array(count),
  rest: undefined,
  texts: undefined,
  common: nobody,
  own: undefined,
  made: new Float64Array(count),
  ends: new Float64Array(count),
  next: new Int32Array(count),
  listed: new Uint8Array(count),
})

const emptyPiece = (): Piece => pieceOfSize(rowsInPiece)
const nothing = pieceOfSize(0)
