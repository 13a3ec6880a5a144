/** One thing that is wrong, with all a person needs to mend it. */
export interface Problem {
  readonly key: string
  /** Where the value came from, such as `environment` or `.env`. */
  readonly source: string
  /** As written, masked when it is a secret; `undefined` when nothing was written. */
  readonly value: string | undefined
  readonly allowed: string
  readonly didYouMean: string | undefined
}

/** The configuration is wrong; the message lists every problem at once. */
export class ConfigError extends Error {
  readonly code = 'ERR_CONFIG'
  override readonly name = 'ConfigError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(`The configuration has ${problems.length === 1 ? 'a problem' : `${String(problems.length)} problems`}:\n${problems.map(line).join('\n')}`)
    this.problems = problems
  }
}

const line = ({ key, source, value, allowed, didYouMean }: Problem): string =>
  `  ${key} (${source})${value === undefined ? '' : ` is ${value}`}: ${allowed}${didYouMean === undefined ? '' : `; did you mean ${didYouMean}?`}`
