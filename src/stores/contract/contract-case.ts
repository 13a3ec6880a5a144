/**
 * One sentence about a port that every technology must make true.
 *
 * Cases know no test framework: `run` resolves, or rejects with an `AssertionError`. They need neither order nor each other.
 */
export interface ContractCase<Subject> {
  readonly name: string
  run(make: Make<Subject>): Promise<void>
}

/** Makes a fresh, empty subject. Whoever runs the case closes what was made. */
export type Make<Subject> = () => Subject | Promise<Subject>
