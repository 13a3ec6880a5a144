const signatures = [Buffer.from('PROXY '), Buffer.from('\r\n\r\n\0\r\nQUIT\n')]

/**
 * Whether bytes begin as the PROXY protocol does (versions 1 and 2), which we do not speak: proxies name the client in a header.
 *
 * A balancer that is set to send it breaks every connection, so its operator is told what it is.
 */
export const beginsAsProxyProtocol = (bytes: Uint8Array): boolean => signatures.some((signature) => signature.equals(bytes.subarray(0, signature.length)))
