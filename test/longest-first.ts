import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take many seconds, the longest first: one of them alone at the end would keep the other core waiting. */
const long = [
  'test/failure/kill-under-load.test.ts',
  'test/docs/troubleshooting.test.ts',
  'test/server/canary.test.ts',
  'test/docs/operate.test.ts',
  'test/leaving/allow-list.test.ts',
  'test/cli/cli.test.ts',
  'test/server/operators.test.ts',
  'test/wire/first-frame.test.ts',
  'test/cli/server.test.ts',
  'test/server/dev.test.ts',
  'test/wire/refusals.test.ts',
  'test/server/login.test.ts',
  'test/leaving/import.test.ts',
  'test/lint/lint.test.ts',
]

/** Starts what takes longest first; files that share a process come one after the other, as only neighbours share it. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const bySize = await super.sort(files)
    const place = ({ moduleId }: TestSpecification): number => {
      const index = long.findIndex((name) => moduleId.endsWith(`/${name}`))
      return index === -1 ? long.length : index
    }
    const shares = ({ project }: TestSpecification): number => (project.config.isolate ? 0 : 1)
    return bySize.toSorted((one, other) => shares(one) - shares(other) || place(one) - place(other))
  }
}
