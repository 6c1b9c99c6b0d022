import { MinimalReporter, type TestModule, type TestSpecification } from 'vitest/node'
import { type GroupName, groupOf } from './groups.ts'
import { printStage } from './stages.ts'

type Progress = { startedAtMs: number; waiting: number; passed: number; failed: number }

/** Prints one line for each group as its last file ends, and everything there is to know about what failed at the end. */
export class GroupReporter extends MinimalReporter {
  passed = 0
  failed = 0
  readonly #groups = new Map<GroupName, Progress>()

  override onTestRunStart(specifications: readonly TestSpecification[]): void {
    super.onTestRunStart(specifications)
    for (const { moduleId } of specifications) this.#progressOf(moduleId).waiting += 1
  }

  override onTestModuleQueued(testModule: TestModule): void {
    super.onTestModuleQueued(testModule)
    const progress = this.#progressOf(testModule.moduleId)
    if (progress.startedAtMs === 0) progress.startedAtMs = performance.now()
  }

  override onTestModuleEnd(testModule: TestModule): void {
    super.onTestModuleEnd(testModule)
    const progress = this.#progressOf(testModule.moduleId)
    for (const test of testModule.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') progress.passed += 1
      // A skipped test proved nothing, unless somebody asked for a few tests by name.
      else if (state !== 'skipped' || this.ctx.config.testNamePattern === undefined) progress.failed += 1
    }
    // A file that does not load, or whose hooks fail, has no failed test to show for it.
    if (testModule.errors().length > 0 || hasBrokenSuite(testModule)) progress.failed += 1
    progress.waiting -= 1
    if (progress.waiting === 0) this.#finish(groupOf(this.relative(testModule.moduleId)), progress)
  }

  override onTestRunEnd(...run: Parameters<MinimalReporter['onTestRunEnd']>): void {
    const [, unhandledErrors] = run
    this.failed += unhandledErrors.length
    // A worker that died leaves files without an end.
    for (const progress of this.#groups.values()) {
      this.passed += progress.passed
      this.failed += progress.failed + progress.waiting
    }
    super.onTestRunEnd(...run)
  }

  /** The counts are in the last line of `npm test`, together with those of the other stages. */
  override reportTestSummary(): void {}

  #finish(name: GroupName, progress: Progress): void {
    printStage({ name, passed: progress.passed, failed: progress.failed, output: '' }, progress.startedAtMs)
  }

  #progressOf(moduleId: string): Progress {
    const name = groupOf(this.relative(moduleId))
    const known = this.#groups.get(name)
    if (known !== undefined) return known
    const fresh = { startedAtMs: 0, waiting: 0, passed: 0, failed: 0 }
    this.#groups.set(name, fresh)
    return fresh
  }
}

function hasBrokenSuite(testModule: TestModule): boolean {
  for (const suite of testModule.children.allSuites()) if (suite.errors().length > 0) return true
  return false
}
