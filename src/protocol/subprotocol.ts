/** The sub-protocol of the modern dialect (RFC 6455 section 1.9). */
export const modern = 'sallyport.v1'

/** Prefix of the second sub-protocol of the pair, which carries the token and is never echoed. */
export const bearerPrefix = 'sallyport.bearer.'

/**
 * How a socket is spoken to.
 *
 * `classic.v2` and `classic.v1` are the two generations of the old service's clients (with and without a greeting); `plain` is an embedder's
 * own protocol, to which the gate says nothing but close codes.
 */
export type Dialect = 'sallyport.v1' | 'classic.v2' | 'classic.v1' | 'plain'
