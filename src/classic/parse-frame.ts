/** One message of a classic client, as far as all types have it in common. */
export interface ClassicFrame {
  /** `undefined` when the client left it out; each socket has its own default. */
  readonly type: string | undefined
  readonly body: Readonly<Record<string, unknown>>
}

export type ParsedFrame = { readonly ok: true; readonly frame: ClassicFrame } | { readonly ok: false; readonly error: string }

/** The text old clients compare with. */
const invalidJson = 'Invalid JSON format'

/** A type that is no text is one that nobody knows, and ignored like all of them. */
const noType = ''

/** Reads one message; whatever it is, the socket stays. Never throws. */
export const parseFrame = (text: string): ParsedFrame => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, error: invalidJson }
  }
  if (!isObject(value)) return { ok: false, error: 'Message must be a JSON object' }
  const type = own(value, 'type')
  return { ok: true, frame: { type: type === undefined || typeof type === 'string' ? type : noType, body: value } }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A field the client really sent: `__proto__` and its like are not looked up. */
export const own = (value: Readonly<Record<string, unknown>>, name: string): unknown => (Object.hasOwn(value, name) ? value[name] : undefined)
