import { hash, randomBytes } from 'node:crypto'

/** 256 random bits as text; the name in front lets scanners of source code know it. */
export const newRefreshToken = (): string => `sallyport_refresh_${randomBytes(32).toString('base64url')}`

/** What is stored of a refresh token. It is as long and random as its digest, so no salt is needed. */
export const refreshDigest = (token: string): string => hash('sha256', token, 'base64url')
