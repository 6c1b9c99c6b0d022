// `npm test`: everything. `npm test -- orders`: the test files whose path contains the word, or the group of that name.
// `npm run check`: what needs no running product. Flags (`-t 'name of a test'`) go to vitest as they are.
import { relative } from 'node:path'
import { createVitest, parseCLI } from 'vitest/node'
import { CHROMIUM_MISSING, findChromium } from './e2e/chromium.ts'
import { CHECK_GROUPS, type GroupName, groupNamed, groupOf } from './setup/groups.ts'
import { GroupReporter } from './setup/reporter.ts'
import { printStage, runStaticStages } from './setup/stages.ts'

const root = `${import.meta.dirname}/..`

type Counts = { passed: number; failed: number; notRun?: number }

async function runTests(words: readonly string[], groups: readonly GroupName[]): Promise<Counts> {
  const { filter, options } = parseCLI(['vitest', 'run', ...words])
  const reporter = new GroupReporter()
  const vitest = await createVitest('test', { ...options, root, watch: false, reporters: [reporter], passWithNoTests: true })
  try {
    vitest.logger.printBanner = () => {}
    reporter.onInit(vitest)
    const everything = await vitest.globTestSpecifications()
    const isWanted = (file: string): boolean =>
      (filter.length === 0 && groups.length === 0) || groups.includes(groupOf(file)) || filter.some((word) => file.includes(word))
    const wanted = everything.filter(({ moduleId }) => isWanted(relative(root, moduleId)))
    const inBrowser = findChromium() === null ? wanted.filter(({ moduleId }) => groupOf(relative(root, moduleId)) === 'browser') : []
    // Without a browser its tests fail in CI, which installs one. On a machine with Node and npm alone they are counted as not run, aloud.
    const isCi = process.env['CI'] !== undefined
    if (inBrowser.length > 0 && isCi) printStage({ name: 'browser', passed: 0, failed: inBrowser.length, output: CHROMIUM_MISSING }, performance.now())
    if (inBrowser.length > 0 && !isCi) console.log(`- browser    NOT RUN. ${CHROMIUM_MISSING}`)
    const runnable = wanted.filter((each) => !inBrowser.includes(each))
    if (runnable.length > 0) await vitest.runTestSpecifications(runnable)
    return { passed: reporter.passed, failed: reporter.failed + (isCi ? inBrowser.length : 0), notRun: isCi ? 0 : inBrowser.length }
  } catch (error) {
    console.error(error)
    return { passed: reporter.passed, failed: reporter.failed + 1 }
  } finally {
    await vitest.close()
  }
}

async function main(args: readonly string[]): Promise<void> {
  const isCheck = args[0] === '--check'
  const words = (isCheck ? args.slice(1) : args).filter((word) => groupNamed(word) === undefined)
  const named = args.map(groupNamed).filter((group) => group !== undefined)
  const groups = isCheck ? CHECK_GROUPS : named
  const results: Counts[] = isCheck || args.length === 0 ? await runStaticStages() : []
  results.push(await runTests(words, groups))
  const passed = results.reduce((sum, result) => sum + result.passed, 0)
  const failed = results.reduce((sum, result) => sum + result.failed, 0)
  if (passed + failed === 0) console.error(`No test was found for: ${args.join(' ')}`)
  const notRun = results.reduce((sum, result) => sum + (result.notRun ?? 0), 0)
  console.log(`${passed} passed, ${failed} failed${notRun > 0 ? `, ${notRun} skipped` : ''}`)
  process.exit(failed === 0 && passed > 0 ? 0 : 1)
}

await main(process.argv.slice(2))
