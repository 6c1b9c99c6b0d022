// Where the browser of the tests is. It comes with the system, never with a package.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
export const CHROMIUM_MISSING = 'Chromium is not on the PATH, and the browser tests need it. Install it: apt-get install -y chromium'

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The path of the browser; null when there is none. */
export function findChromium(path: string = process.env['PATH'] ?? ''): string | null {
  return NAMES.flatMap((name) => path.split(delimiter).map((folder) => join(folder, name))).find(isProgram) ?? null
}
