import { z } from 'zod'
import { contentTypes } from '../../conversation/records.js'
import { storableText } from '../../conversation/storable-text.js'
import { maxContentCharacters } from '../../protocol/parse-command.js'

const word = (max: number) => z.string().max(max).transform(storableText).optional()
// oxlint-disable-next-line eslint/no-control-regex -- control characters are what is looked for
const id = (max: number) => z.string().min(1).max(max).regex(/^[^\u0000-\u001f\u007f]*$/, 'must not hold control characters').transform(storableText)
/** It is handed to pages as it came, so it has nothing that a parser of addresses would pass over. */
const address = z.url({ protocol: /^https?$/ }).max(2_000).regex(/^[^\s\p{Cc}\p{Surrogate}]*$/u, 'must not hold spaces or control characters')

/** A customer's message, as a connector posts it. Fields nobody knows are refused, so that a misspelt one is not lost. */
export const inboundBody = z.strictObject({
  message: z
    .strictObject({
      id: id(256),
      content: z.string().max(maxContentCharacters).default('').transform((text) => storableText(text.trim())),
      contentType: z.enum(contentTypes).default('text'),
      mediaUrl: address.optional(),
    })
    .refine(({ content, mediaUrl }) => content !== '' || mediaUrl !== undefined, 'must have "content" or "mediaUrl"')
    .refine(({ contentType, mediaUrl }) => (contentType === 'text') === (mediaUrl === undefined), '"mediaUrl" goes with a contentType other than text'),
  customer: z.strictObject({
    id: id(90),
    firstName: word(100),
    lastName: word(100),
    username: word(100),
    email: word(250),
    phoneNumber: word(100),
  }),
})
