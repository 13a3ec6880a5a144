import { randomInt } from 'node:crypto'

const alphabet = '23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

/** Makes the id of a conversation or message: 10 characters of base57 (no `0`, `1`, `I`, `O`, `l`), 58 bits from the system's generator. */
export const publicId = (): string => Array.from({ length: 10 }, () => alphabet.charAt(randomInt(alphabet.length))).join('')
