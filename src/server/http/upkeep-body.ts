import { z } from 'zod'
import { conversationStatuses } from '../../conversation/records.js'
import { storableText } from '../../conversation/storable-text.js'

const field = (max: number) => z.string().max(max).nullable().optional()

/** What may be changed about a customer; `null` takes a value away. */
export const customerChange = z
  .strictObject({
    firstName: field(100),
    lastName: field(100),
    username: field(100),
    email: field(250),
    phoneNumber: field(100),
    description: field(1_000),
    tags: z.array(z.string().trim().min(1).max(100).transform(storableText)).max(50).optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'must name something to change')

/** One status for many conversations. */
export const statusChange = z.strictObject({
  ids: z
    .array(z.string().regex(/^\w{1,64}$/, 'must be the id of a conversation'))
    .min(1)
    .max(100)
    .transform((ids) => [...new Set(ids)]),
  status: z.enum(conversationStatuses),
})
