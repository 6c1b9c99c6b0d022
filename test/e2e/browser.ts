// A real browser for a test file: contexts as of different people, and axe in each page, in light and in dark.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { CHROMIUM_MISSING, findChromium } from './chromium.ts'

const FLAGS = ['--no-sandbox', '--disable-gpu', '--enable-unsafe-swiftshader', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const report = Compile(Type.Object({ passes: Type.Array(Type.Unknown()), violations: Type.Array(Type.Object({ id: Type.String(), help: Type.String(), nodes: Type.Array(Type.Object({ html: Type.String(), failureSummary: Type.Optional(Type.String()) })) })) }))

export interface Window {
  readonly page: Page
  /** What the browser complained about: refused by the page's policy, failed scripts. */
  readonly complaints: readonly string[]
}
export interface BrowserOfTests {
  /** A browser window of somebody who has not been here before. */
  newWindow(options?: BrowserContextOptions): Promise<Window>
  close(): Promise<void>
}

export async function openBrowser(): Promise<BrowserOfTests> {
  const executablePath = findChromium()
  if (executablePath === null) throw new Error(CHROMIUM_MISSING)
  const browser: Browser = await chromium.launch({ executablePath, args: FLAGS })
  return {
    newWindow: async (options = {}) => {
      const context = await browser.newContext({ viewport: { width: 960, height: 720 }, ...options })
      const page = await context.newPage()
      const complaints: string[] = []
      page.on('console', (message) => void (message.type() === 'error' && !message.text().startsWith('Failed to load resource') && complaints.push(message.text())))
      page.on('pageerror', (error) => void complaints.push(error.message))
      return { page, complaints }
    },
    close: () => browser.close(),
  }
}

/** What axe finds wrong with the page as it stands, in light and in dark: one line a violation. */
export async function violationsOf(page: Page): Promise<readonly string[]> {
  const found: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.evaluate(axe)
    const answer: unknown = await page.evaluate('axe.run(document)')
    const { violations, passes } = report.Parse(answer)
    if (passes.length === 0) found.push(`${page.url()}: axe looked at nothing`)
    found.push(...violations.map(({ id, help, nodes }) => `${page.url()} (${colorScheme}): ${id}, ${help}: ${nodes.map(({ html, failureSummary = '' }) => `${html.slice(0, 120)} (${failureSummary})`).join(' ')}`))
  }
  await page.emulateMedia({ colorScheme: 'light' })
  return found
}

/** With BSS_PICTURES=1, renews a picture of the documentation. */
export async function picture(page: Page, name: string): Promise<void> {
  if (process.env['BSS_PICTURES'] !== '1') return
  await page.screenshot({ path: `${import.meta.dirname}/../../docs/images/${name}.png`, fullPage: true })
}
