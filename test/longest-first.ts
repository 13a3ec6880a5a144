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

/** Starts what takes longest first, and files that share a process one after the other, as only neighbours share it. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const bySize = await super.sort(files)
    const turn = ({ project, moduleId }: TestSpecification): number => {
      if (!project.config.isolate) return long.length + 1
      const place = long.findIndex((name) => moduleId.endsWith(`/${name}`))
      return place === -1 ? long.length : place
    }
    return bySize.toSorted((one, other) => turn(one) - turn(other))
  }
}
