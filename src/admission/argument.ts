/**
 * Checks a setting that counts something.
 *
 * @param subject - What is being created, such as `a rate limit`.
 * @throws TypeError when it is no number, RangeError when it is not a positive safe integer.
 */
export const positiveInteger = (subject: string, name: string, value: number): number => {
  if (typeof value !== 'number') {
    throw new TypeError(`Cannot create ${subject} as "${name}" must be a positive integer: current value is ${typeof value}`)
  }
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`Cannot create ${subject} as "${name}" must be a positive integer: current value is ${value}`)
  }
  return value
}

/**
 * Checks a setting that measures something, fractions allowed.
 *
 * @throws TypeError when it is no number, RangeError when it is not finite or not above zero.
 */
export const positiveNumber = (subject: string, name: string, value: number): number => {
  if (typeof value !== 'number') {
    throw new TypeError(`Cannot create ${subject} as "${name}" must be a positive number: current value is ${typeof value}`)
  }
  if (!Number.isFinite(value) || value <= 0) {
    throw new RangeError(`Cannot create ${subject} as "${name}" must be a positive number: current value is ${value}`)
  }
  return value
}
