import { z } from 'zod'
import { isLoopback } from '../config/is-loopback.js'
import { guessable, isKeyMaterial } from '../../admission/token/secret-strength.js'

const name = z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/, 'must be 1 to 40 small letters, digits, _ and -')
const secret = z
  .string()
  .min(32, 'must have at least 32 characters')
  .refine((text) => guessable(text) === undefined && !isKeyMaterial(text), 'must not be easy to guess, nor a key')

const isWebhookUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password, hash } = new URL(text)
  return (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))) && username === '' && password === '' && hash === ''
}
const url = z.string().max(2_000).refine(isWebhookUrl, 'must be an https address without user and fragment; http for loopback only')

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
  /** Where messages to its customers are posted; without it they go nowhere. */
  readonly outbound?: { readonly url: string } | undefined
}

/** What customers and conversations of a connector are said to come from. */
export const sourceOf = ({ name: connector, source }: ConnectorSource): string => source ?? connector

export const connectorSources = z
  .array(
    z.strictObject({
      name,
      source: name.optional(),
      workspace: z.string().regex(/^[1-9]\d{0,14}$/, 'must be the id of a workspace'),
      secrets: z.array(secret).min(1).max(4),
      aiAnswers: z.boolean().optional(),
      outbound: z.strictObject({ url }).optional(),
    }),
  )
  .refine((sources) => new Set(sources.map((one) => one.name)).size === sources.length, 'has one name twice')
  .refine((sources) => {
    const lanes = sources.flatMap((one) => (one.outbound === undefined ? [] : [`${one.workspace} ${sourceOf(one)}`]))
    return new Set(lanes).size === lanes.length
  }, 'has two outbound addresses for one source of one workspace')
