/** The words both ends share: denials and their codes, sizes, sub-protocols. */
export * from './denial.js'
export * from './size.js'
export * from './subprotocol.js'
