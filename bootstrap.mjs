// The one way in: `node bootstrap.mjs <what> [arguments]`. It works on a bare checkout with Node 20.19 or newer: it installs the
// locked packages when they are missing or old, then hands over to Node 24, which runs the TypeScript sources as they are.
// Imports without `node:`, and no syntax newer than 2018, so that an old Node reaches the sentence that tells it so.
import { spawn, spawnSync } from 'child_process'
import { createHash } from 'crypto'
import * as fs from 'fs'
import * as path from 'path'
import { fileURLToPath } from 'url'

const ROOT = path.dirname(fileURLToPath(import.meta.url))
const MODULES = path.join(ROOT, 'node_modules')
const STAMP = path.join(MODULES, '.bss-stamp')
const LOCK = path.join(ROOT, '.bss', 'install.lock')
const NODE_24 = path.join(MODULES, '.bin', 'node')
const BOOTSTRAP_NODE = [20, 19]
const SYSTEM_NODE = [22, 22]

const ENTRIES = {
  start: { file: 'src/app/main.ts' },
  dev: { file: 'src/app/main.ts', nodeFlags: ['--watch', '--watch-preserve-output'], args: ['--dev'] },
  test: { file: 'test/run.ts' },
  check: { file: 'test/run.ts', args: ['--check'] },
  gen: { file: 'src/app/gen.ts' },
  bench: { file: 'test/bench/run.ts' },
  prove: { file: 'src/app/prove.ts' },
  room: { file: 'scaffold/room.ts' },
  migration: { file: 'scaffold/migration.ts' },
  staff: { file: 'src/app/staff.ts' },
  bss: { file: 'src/cli/main.ts', keepsFolder: true },
}

class Refusal extends Error {}

function isAtLeast(version, wanted) {
  const parts = version.replace(/^v/, '').split('.').map(Number)
  return parts[0] > wanted[0] || (parts[0] === wanted[0] && parts[1] >= wanted[1])
}

function readOr(file, otherwise) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (_missing) {
    return otherwise
  }
}

function lockHash() {
  const lock = readOr(path.join(ROOT, 'package-lock.json'), '')
  if (lock === '') throw new Refusal('package-lock.json is missing from this checkout; restore it with: git checkout package-lock.json')
  return createHash('sha256').update(lock).update(process.platform + '-' + process.arch).digest('hex')
}

function writeStamp(hash) {
  try {
    fs.writeFileSync(STAMP, hash)
  } catch (_readOnly) {
    // A read-only installation works without the stamp; it only compares the two lockfiles at each start.
  }
}

// npm writes node_modules/.package-lock.json as its last step. When everything there agrees with our lockfile, somebody has just
// run `npm install`, and wiping their tree with `npm ci` would only cost a minute.
function npmHasInstalled() {
  const text = readOr(path.join(MODULES, '.package-lock.json'), '')
  if (text === '') return false
  const installed = JSON.parse(text).packages
  const wanted = JSON.parse(fs.readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')).packages
  const isSame = (name) => wanted[name] !== undefined && wanted[name].version === installed[name].version
  const isThere = (name) => name === '' || wanted[name].optional === true || installed[name] !== undefined
  return Object.keys(installed).every(isSame) && Object.keys(wanted).every(isThere)
}

function isInstalled() {
  const hash = lockHash()
  if (readOr(STAMP, '') === hash) return true
  if (!npmHasInstalled()) return false
  writeStamp(hash)
  return true
}

// npm runs on the system's Node: node_modules/.bin/node is about to be deleted.
function environmentOfNpm() {
  const folders = (process.env.PATH || '').split(path.delimiter).filter((folder) => !folder.includes('node_modules'))
  const ours = Object.keys(process.env).filter((name) => !/^npm_(config|lifecycle|package|command)/.test(name) && name !== 'PATH')
  const environment = { PATH: folders.join(path.delimiter) }
  for (const name of ours) environment[name] = process.env[name]
  return environment
}

function npmCi() {
  return new Promise((resolve) => {
    const child = spawn('npm', ['ci'], { cwd: ROOT, env: environmentOfNpm(), stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' })
    // When this process is killed, npm goes on: whoever comes next must wait for it.
    fs.writeFileSync(LOCK, process.pid + ' ' + child.pid)
    let output = ''
    child.stdout.on('data', (data) => (output += data))
    child.stderr.on('data', (data) => (output += data))
    child.on('error', (error) => resolve({ code: 1, output: error.code === 'ENOENT' ? 'npm is not on the PATH.' : String(error) }))
    child.on('close', (code) => resolve({ code: code === null ? 1 : code, output }))
  })
}

async function install() {
  const startedAt = Date.now()
  const seconds = () => Math.round((Date.now() - startedAt) / 1000) + ' s'
  const line = 'Installing the packages of package-lock.json'
  process.stderr.write(line + ' …')
  const ticker = process.stderr.isTTY ? setInterval(() => process.stderr.write('\r' + line + ' … ' + seconds()), 1000) : undefined
  let result = await npmCi()
  if (result.code !== 0 && /ENOTEMPTY|EEXIST|EBUSY/.test(result.output)) {
    // Left by an install that was killed, in a state that npm cannot clear by itself.
    fs.rmSync(MODULES, { recursive: true, force: true, maxRetries: 3 })
    result = await npmCi()
  }
  clearInterval(ticker)
  process.stderr.write((process.stderr.isTTY ? '\r' + line + ' … ' : ' ') + (result.code === 0 ? 'done, ' : 'failed, ') + seconds() + '\n')
  if (result.code !== 0) throw new Refusal('The packages could not be installed; npm says:\n' + result.output.trim())
  writeStamp(lockHash())
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function takeLock() {
  fs.mkdirSync(path.dirname(LOCK), { recursive: true })
  try {
    fs.writeFileSync(LOCK, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  const lock = fs.statSync(LOCK, { throwIfNoEntry: false })
  const owners = readOr(LOCK, '').split(' ').map(Number).filter((pid) => pid > 0)
  const isBeingWritten = owners.length === 0 && lock !== undefined && Date.now() - lock.mtimeMs < 2000
  if (!isBeingWritten && !owners.some(isAlive)) fs.rmSync(LOCK, { force: true })
  return false
}

// Two terminals may start in a new checkout at the same moment: one installs, the other waits for it.
async function installOnce() {
  while (!isInstalled()) {
    if (!takeLock()) {
      await new Promise((resolve) => setTimeout(resolve, 200))
      continue
    }
    const release = () => fs.rmSync(LOCK, { force: true })
    process.once('exit', release)
    try {
      if (!isInstalled()) await install()
    } finally {
      process.removeListener('exit', release)
      release()
    }
  }
}

function nodeToRunOn() {
  if (fs.existsSync(NODE_24)) return NODE_24
  if (isAtLeast(process.version, SYSTEM_NODE)) return process.execPath
  const onPath = spawnSync('node', ['--version'], { encoding: 'utf8', env: environmentOfNpm() })
  if (onPath.status === 0 && isAtLeast(onPath.stdout.trim(), SYSTEM_NODE)) return 'node'
  throw new Refusal(
    'No packaged Node 24 exists for ' + process.platform + '-' + process.arch + ' and the Node here is ' + process.version +
      '; please install Node ' + SYSTEM_NODE.join('.') + ' or newer.',
  )
}

function hand(entry, args) {
  const node = nodeToRunOn()
  const flags = ['--disable-warning=ExperimentalWarning'].concat(entry.nodeFlags || [])
  const child = spawn(node, flags.concat(path.join(ROOT, entry.file), entry.args || [], args), {
    cwd: entry.keepsFolder ? process.cwd() : ROOT,
    // What Node makes of the sources is kept: a later start need not read and compile all of them again. It is kept beside the packages:
    // a data folder with anything else in it would be refused as somebody else's.
    env: Object.assign({ NODE_COMPILE_CACHE: path.join(MODULES, '.cache', 'compile') }, process.env, { PATH: path.join(MODULES, '.bin') + path.delimiter + (process.env.PATH || '') }),
    stdio: 'inherit',
  })
  // At a terminal, Ctrl-C reaches the child directly; sending it again would look like the impatient second Ctrl-C.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR2']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error('Node could not be started: ' + error.message)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

export async function run(what, args) {
  try {
    if (!isAtLeast(process.version, BOOTSTRAP_NODE)) {
      throw new Refusal('Blue Ship Sync needs Node ' + BOOTSTRAP_NODE.join('.') + ' or newer to start; this is ' + process.version + '.')
    }
    const entry = Object.prototype.hasOwnProperty.call(ENTRIES, what) ? ENTRIES[what] : undefined
    if (entry === undefined) throw new Refusal('Say what to run: node bootstrap.mjs ' + Object.keys(ENTRIES).join(' | '))
    if (!fs.existsSync(path.join(ROOT, entry.file))) throw new Refusal('`' + what + '` has nothing to run: ' + entry.file + ' does not exist.')
    await installOnce()
    hand(entry, args)
  } catch (error) {
    console.error(error instanceof Refusal ? error.message : error)
    process.exitCode = 1
  }
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) void run(process.argv[2], process.argv.slice(3))
