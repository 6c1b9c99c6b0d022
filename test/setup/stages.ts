import { spawn } from 'node:child_process'

/** One line of the report: what was checked, and how it went. */
export type StageResult = { name: string; passed: number; failed: number; output: string }

const root = `${import.meta.dirname}/../..`

// The compiler, the linter and the coverage of types are three programs; each counts as one test.
const STATIC_STAGES: readonly { name: string; program: string; args: readonly string[]; hint?: string }[] = [
  { name: 'types', program: 'typescript/bin/tsc', args: ['-p', 'tsconfig.json', '--pretty'] },
  { name: 'lint', program: 'oxlint/bin/oxlint', args: ['--type-aware', '--deny-warnings'] },
  {
    name: 'no-any',
    program: 'type-coverage/bin/type-coverage',
    // Assertions are the linter's business, and `{}` is no hole: nothing can be read from it.
    args: `-p tsconfig.json --strict --at-least 100 --detail --show-relative-path --report-unused-ignore --ignore-as-assertion
      --ignore-type-assertion --ignore-non-null-assertion --ignore-empty-type`.split(/\s+/),
    hint: 'Often: Array.isArray makes any[] of unknown, and AsyncIterable<T> hides two; write AsyncIterable<T, unknown, unknown>.',
  },
]

export function printStage(result: StageResult, startedAtMs: number): void {
  const isGood = result.failed === 0
  const counts = [result.passed > 0 ? `${result.passed} passed` : '', isGood ? '' : `${result.failed} failed`].filter((part) => part !== '')
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1)
  console.log(`${isGood ? '✓' : '✗'} ${result.name.padEnd(10)} ${counts.join(', ').padEnd(22)} ${seconds} s`)
  if (!isGood && result.output !== '') console.log(result.output.trimEnd())
}

function runProgram(program: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [`${root}/node_modules/${program}`, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', (error) => resolve({ code: 1, output: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString('utf8') }))
  })
}

export async function runStaticStages(): Promise<StageResult[]> {
  const results: StageResult[] = []
  for (const stage of STATIC_STAGES) {
    const startedAtMs = performance.now()
    const { code, output } = await runProgram(stage.program, stage.args)
    const result = { name: stage.name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, output: `${output}${stage.hint ?? ''}` }
    printStage(result, startedAtMs)
    results.push(result)
  }
  return results
}
