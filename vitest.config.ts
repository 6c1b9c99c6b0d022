import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { groupOf, groupOrder } from './test/setup/groups.ts'

const root = import.meta.dirname

// Groups run one after the other, so that a broken rule of the house is on the screen before the long tests begin.
class GroupSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = (file: TestSpecification): number => groupOrder(groupOf(relative(root, file.moduleId)))
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => rank(a) - rank(b))
  }
}

const cluster = 'test/setup/cluster.ts'

export default defineConfig({
  test: {
    root,
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'test/any-corpus/cases/**', 'src/web/**'],
    environment: 'node',
    pool: 'forks',
    maxWorkers: 2,
    // A worker reads and compiles the product once, not once for each file. Nothing of the product is global, and each file has a database of its own.
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    globalSetup: existsSync(`${root}/${cluster}`) ? [cluster] : [],
    sequence: { sequencer: GroupSequencer },
  },
})
