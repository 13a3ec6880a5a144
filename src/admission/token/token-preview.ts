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
