// Can this checkout run at all? Checks Node, installs what is missing and builds what is stale; uses nothing but Node itself.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync, utimesSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..')
const NODE_NEEDED = [20, 19]

/** @returns what is wrong with this Node, or undefined */
export function nodeProblem(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number)
  const isEnough = major > NODE_NEEDED[0] || (major === NODE_NEEDED[0] && minor >= NODE_NEEDED[1])
  return isEnough
    ? undefined
    : `Node ${version} is too old: Sluice needs ${NODE_NEEDED.join('.')} or later. Install it from https://nodejs.org and start again.`
}

/** Whether node_modules holds every version that package-lock.json names; packages of other platforms may be absent. */
function isInstalled() {
  const lock = join(root, 'package-lock.json')
  const installed = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installed)) return false
  if (!existsSync(lock) || statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return true
  const wanted = JSON.parse(readFileSync(lock, 'utf8')).packages
  const found = JSON.parse(readFileSync(installed, 'utf8')).packages
  const isSame = Object.entries(wanted).every(
    ([path, entry]) => !path.startsWith('node_modules/') || (found[path] ? found[path].version === entry.version : entry.optional === true)
  )
  if (isSame) touch(installed)
  return isSame
}

function touch(file) {
  const now = new Date()
  utimesSync(file, now, now)
}

/** npm that runs us, else the one on the path; its output goes to standard error, where it is in nobody's way. */
function npm(args) {
  const script = process.env.npm_execpath
  const [command, words] =
    script && /\.c?js$/.test(script) ? [process.execPath, [script, ...args]] : [process.platform === 'win32' ? 'npm.cmd' : 'npm', args]
  return new Promise((done, reject) => {
    const child = spawn(command, words, { cwd: root, stdio: ['ignore', 2, 2], shell: command.endsWith('.cmd') })
    child.once('error', reject)
    child.once('exit', (code, signal) => (code === 0 ? done() : reject(new Error(`npm ${args[0]} ended with ${signal ?? code}`))))
  })
}

/**
 * Node, packages, bundles.
 * @returns an exit code when the command cannot go on, else undefined
 */
export async function prepare() {
  const problem = nodeProblem()
  if (problem) {
    console.error(problem)
    return 2
  }
  try {
    if (!isInstalled()) {
      const isFresh = !existsSync(join(root, 'node_modules'))
      console.error(isFresh ? 'Installing packages (once) …' : 'Installing packages that changed …')
      const startedAt = performance.now()
      // not `npm ci`: it refuses a lockfile without the optional packages of every other platform. Versions come from the lockfile, which stays as it is
      await npm(['install', '--no-save', '--no-audit', '--no-fund'])
      touch(join(root, 'node_modules', '.package-lock.json'))
      console.error(`Installed in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`)
    }
    const { build } = await import(pathToFileURL(join(root, 'infra', 'build.mjs')).href)
    await build()
  } catch (error) {
    console.error(`${error.message}\nRun \`npm install\` in ${root} to see more.`)
    return 1
  }
}
