import { isUtf8 } from 'node:buffer'

/** Levels of arrays and objects that are followed; deeper is refused before it is parsed. */
export const maxJsonDepth = 32

export type JsonObject = Readonly<Record<string, unknown>>

/**
 * Parses bytes as one JSON object, strictly.
 *
 * Refused are: bytes that are not UTF-8 or begin with a byte order mark, anything but an object (RFC 7519 section 7.2), more than
 * `maxJsonDepth` levels, numbers that overflow to infinity, and member names that occur twice in one object, however they are escaped
 * (RFC 7515 section 4, RFC 7519 section 4).
 *
 * @returns The object, frozen and without an inherited member at every level, so that a member called `__proto__` is only a member; or `undefined`.
 */
export const parseJsonObject = (bytes: Buffer): JsonObject | undefined => (isUtf8(bytes) ? parseText(bytes.toString('utf8')) : undefined)

/**
 * The same of bytes that come as canonical base64url. They are decoded into a place that is used again, because every new token comes by here.
 */
export const parseEncodedJsonObject = (encoded: string): JsonObject | undefined => {
  if (encoded.length > place.length) return parseJsonObject(Buffer.from(encoded, 'base64url'))
  const end = place.write(encoded, 'base64url')
  const text = place.toString('utf8', 0, end)
  // What is not UTF-8 was replaced by this character; the character itself may also have been sent.
  return text.includes('\uFFFD') ? parseJsonObject(place.subarray(0, end)) : parseText(text)
}

const place = Buffer.alloc(8192)

const parseText = (text: string): JsonObject | undefined => {
  const members = countMembers(text)
  if (members === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The error quotes the text, which must not travel.
    return undefined
  }
  if (!isObject(value)) return undefined
  const tally: Tally = { members: 0 }
  const object = sealObject(value, tally)
  return tally.members === members ? object : undefined
}

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Counts the members that are written down, over all levels, or gives `undefined` when the text nests too deep.
 *
 * Runs before the parser and looks only at quotes, brackets and colons: on text that is not JSON it returns something, and the parser says no.
 */
const countMembers = (text: string): number | undefined => {
  let depth = 0
  let members = 0
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case 0x22: // "
        index = endOfString(text, index)
        break
      case 0x3a: // :
        members += 1
        break
      case 0x5b: // [
      case 0x7b: // {
        depth += 1
        if (depth > maxJsonDepth) return undefined
        break
      case 0x5d: // ]
      case 0x7d: // }
        depth -= 1
        break
      default:
    }
  }
  return members
}

const endOfString = (text: string, start: number): number => {
  let index = start + 1
  while (index < text.length) {
    const code = text.charCodeAt(index)
    if (code === 0x22) return index
    index += code === 0x5c ? 2 : 1
  }
  return index
}

/** Members that survived parsing, over all levels; NaN when a number is not finite. */
interface Tally {
  members: number
}

/**
 * An object that inherits no member.
 *
 * One whose prototype is taken away and which is frozen then gets a hidden class of its own, which every read of it would have to learn anew; those
 * of one class share theirs.
 */
class Members {
  [name: string]: unknown
}
Object.setPrototypeOf(Members.prototype, null)
Reflect.deleteProperty(Members.prototype, 'constructor')
Object.freeze(Members.prototype)

const sealObject = (value: JsonObject, tally: Tally): JsonObject => {
  const object = new Members()
  for (const name of Object.keys(value)) {
    tally.members += 1
    object[name] = seal(value[name], tally)
  }
  return Object.freeze(object)
}

/** Copies what was parsed, all of it frozen. */
const seal = (value: unknown, tally: Tally): unknown => {
  if (isObject(value)) return sealObject(value, tally)
  if (Array.isArray(value)) return Object.freeze(value.map((item) => seal(item, tally)))
  if (typeof value === 'number' && !Number.isFinite(value)) tally.members = Number.NaN
  return value
}
