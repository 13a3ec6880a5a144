import { z } from 'zod'
import { guessable, isKeyMaterial } from '../../admission/token/secret-strength.js'

const name = z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/, 'must be 1 to 40 small letters, digits, _ and -')
const secret = z
  .string()
  .min(32, 'must have at least 32 characters')
  .refine((text) => guessable(text) === undefined && !isKeyMaterial(text), 'must not be easy to guess, nor a key')

/** A place from which customers write. */
export interface ConnectorSource {
  /** Last part of its path, `/api/v1/inbound/<name>`. */
  readonly name: string
  /** What customers and conversations of it are said to come from; by default its name. */
  readonly source?: string | undefined
  /** Id of the workspace they belong to. */
  readonly workspace: string
  /** Each is good; the first one is the one to hand out. */
  readonly secrets: readonly string[]
  /** Whether an AI answers: new conversations are `active` where the workspace's owner wants that, else `support_active`. Default false. */
  readonly aiAnswers?: boolean | undefined
}

export const connectorSources = z
  .array(
    z.strictObject({
      name,
      source: name.optional(),
      workspace: z.string().regex(/^[1-9]\d{0,14}$/, 'must be the id of a workspace'),
      secrets: z.array(secret).min(1).max(4),
      aiAnswers: z.boolean().optional(),
    }),
  )
  .refine((sources) => new Set(sources.map((one) => one.name)).size === sources.length, 'has one name twice')
