import { hash } from 'node:crypto'
import { parseCompact } from './parse-compact.js'

const previewLength = 20

/**
 * What a debug line may show of a token: at most its first 20 characters, and of the header only, which is no secret.
 *
 * @returns `eyJhbGciOiJIUzUxMiIs...`, or `<not a JWT>` for everything that is not three base64url segments with a JSON header.
 */
export const tokenPreview = (token: string): string => {
  if (!parseCompact(token).ok) return '<not a JWT>'
  return `${token.slice(0, Math.min(previewLength, token.indexOf('.')))}...`
}

/**
 * A name for a token in logs: 8 hex digits of the SHA-256 of `header.payload`, so that the same claims under another signature keep their name.
 *
 * Text with fewer than two dots is digested whole.
 */
export const tokenFingerprint = (token: string): string => {
  const lastDot = token.lastIndexOf('.')
  const signed = lastDot > token.indexOf('.') ? token.slice(0, lastDot) : token
  return hash('sha256', signed, 'hex').slice(0, 8)
}
