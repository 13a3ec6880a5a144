/** The sub-protocol of the modern dialect (RFC 6455 section 1.9). */
export const modern = 'sallyport.v1'

/** Prefix of the second sub-protocol of the pair, which carries the token and is never echoed. */
export const bearerPrefix = 'sallyport.bearer.'

/** How a socket is spoken to: `classic` when the client offered no sub-protocol of ours. */
export type Dialect = 'sallyport.v1' | 'classic'
