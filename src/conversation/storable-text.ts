/**
 * Makes a text of a stranger fit to be stored and sent: lone surrogates and U+0000 become U+FFFD.
 *
 * Neither survives UTF-8 (RFC 3629) or a database column as it came, so they are replaced before they are compared, kept or echoed.
 */
export const storableText = (text: string): string => text.replace(/\p{Surrogate}|\0/gu, '\uFFFD')
