import type { z } from 'zod'
import { importedBanBody } from '../server/http/shapes.js'

export type BanLine = z.infer<typeof importedBanBody>

/** What a line that says nothing of it has. */
export interface BanLineDefaults {
  readonly reason: string
  /** Epoch milliseconds; `null` never ends. */
  readonly expiresAt: number | null
}

export type ParsedBanLine =
  | { readonly kind: 'empty' }
  | { readonly kind: 'ban'; readonly ban: BanLine }
  | { readonly kind: 'bad'; readonly fault: string }

const maxLineLength = 4_096

const jsonOf = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}

/** What the line says: JSON as `ban export` writes it, else an address or range with a comment after it. */
const fieldsOf = (line: string): unknown => (line.startsWith('{') ? jsonOf(line) : { network: line.replace(/\s*[#;].*$/u, '') })

/** Reads one line of a list of bans: JSON, an address, a CIDR range, a comment after `#` or `;`, or nothing. */
export const parseBanLine = (text: string, defaults: BanLineDefaults): ParsedBanLine => {
  const line = text.replace(/^\uFEFF/u, '').trim()
  if (line === '' || line.startsWith('#') || line.startsWith(';')) return { kind: 'empty' }
  if (line.length > maxLineLength) return { kind: 'bad', fault: `it must have at most ${maxLineLength} characters` }
  const fields = fieldsOf(line)
  if (typeof fields !== 'object' || fields === null) return { kind: 'bad', fault: 'it must be a JSON object' }
  const parsed = importedBanBody.safeParse({ ...defaults, ...fields })
  if (parsed.success) return { kind: 'ban', ban: parsed.data }
  const [issue] = parsed.error.issues
  const at = line.startsWith('{') && issue !== undefined && issue.path.length > 0 ? `${issue.path.map(String).join('.')}: ` : ''
  return { kind: 'bad', fault: `${at}${issue?.message ?? 'it is no ban'}` }
}
