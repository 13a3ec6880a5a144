/** As epoch seconds, those of 1973 and of the year 33658; as epoch milliseconds, of the second day of 1970 and of September 2001. */
const from = 100_000_000
const to = 1_000_000_000_000

/**
 * Whether a number that was given as epoch milliseconds can only count seconds, as `exp` and `iat` of tokens do (RFC 7519 section 2): no token, ban or
 * revocation is of before 2001.
 */
export const isSeconds = (moment: number): boolean => moment >= from && moment < to
