/**
 * An address as 32-bit words in the order they are written: one for IPv4, four for IPv6.
 *
 * Words are signed (`| 0`), because those are the numbers that need no allocation.
 */
export type Words = readonly number[]

/** The word of an IPv4 address; `text` must have passed `net.isIPv4`. */
export const ipv4Word = (text: string): number => {
  let word = 0
  let octet = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === dot) {
      word = (word << 8) | octet
      octet = 0
    } else {
      octet = octet * 10 + code - zero
    }
  }
  return (word << 8) | octet
}

/** The four words of an IPv6 address without a zone, in any spelling; `text` must have passed `net.isIPv6`. */
export const ipv6Words = (text: string): Words => {
  groups.fill(0)
  let count = 0
  let gap = -1
  let group = 0
  let start = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === dot) {
      const word = ipv4Word(text.slice(start))
      groups[count] = word >>> 16
      group = word & 0xffff
      count += 1
      start = text.length - 1
      break
    }
    if (code === colon) {
      // `::` ends no group: at the very start both colons belong to the gap, elsewhere only the second does.
      if (i > start) groups[count++] = group
      else gap = count
      group = 0
      start = i + 1
    } else {
      group = (group << 4) | digit(code)
    }
  }
  if (start < text.length) groups[count++] = group
  if (gap !== -1) {
    groups.copyWithin(8 - (count - gap), gap, count)
    groups.fill(0, gap, 8 - (count - gap))
  }
  return [pair(0), pair(2), pair(4), pair(6)]
}

/** Dotted decimal. A new string, so that it keeps no header alive that the address was cut from. */
export const ipv4Text = (word: number): string => `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`

/** The spelling of RFC 5952 section 4: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
export const ipv6Text = (words: Words): string => {
  let runStart = 0
  let runLength = 0
  for (let i = 0; i < 8; i++) {
    let length = 0
    while (i + length < 8 && groupAt(words, i + length) === 0) length++
    if (length > runLength) {
      runStart = i
      runLength = length
    }
    i += length
  }
  if (runLength < 2) return hex(words, 0, 8)
  return `${hex(words, 0, runStart)}::${hex(words, runStart + runLength, 8)}`
}

const dot = 46
const zero = 48
const colon = 58

/** Filled and read within one synchronous call. */
const groups = new Uint16Array(8)

const pair = (index: number): number => ((groups[index] ?? 0) << 16) | (groups[index + 1] ?? 0)

/** The value of a hexadecimal digit in either case. */
const digit = (code: number): number => (code < colon ? code - zero : (code | 32) - 87)

const groupAt = (words: Words, index: number): number => {
  const word = words[index >> 1] ?? 0
  return index & 1 ? word & 0xffff : word >>> 16
}

const hex = (words: Words, from: number, to: number): string => {
  let text = ''
  for (let i = from; i < to; i++) text += (i > from ? ':' : '') + groupAt(words, i).toString(16)
  return text
}
