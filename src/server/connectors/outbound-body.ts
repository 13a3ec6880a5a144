import type { Outgoing } from '../../conversation/outbound.js'
import type { Source } from '../../conversation/records.js'

/** What a connector is posted: the members that an inbound message has, as far as there is something to say. */
export const outboundBody = (source: Source, { message, customer }: Outgoing): string =>
  JSON.stringify({
    type: 'message.created',
    timestamp: new Date(message.createdAt).toISOString(),
    data: {
      source,
      conversation: message.conversation,
      message: {
        id: message.id,
        seq: message.seq,
        type: message.type,
        content: message.content,
        contentType: message.contentType,
        mediaUrl: message.mediaUrl,
      },
      customer: {
        id: customer.sourceId ?? null,
        firstName: customer.firstName,
        lastName: customer.lastName,
        username: customer.username,
        email: customer.email,
        phoneNumber: customer.phoneNumber,
      },
    },
  })
