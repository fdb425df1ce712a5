// What does `npm test` run? The whole default suite, after installing and building what is missing; arguments go to jest.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { join } from 'node:path'
import { prepare, root } from './prepare.mjs'

function runJest(args) {
  const jest = join(createRequire(join(root, 'package.json')).resolve('jest/package.json'), '..', 'bin', 'jest.js')
  const reporters = args.some(arg => arg.startsWith('--reporters') || arg === '--json')
    ? []
    : ['--reporters=default', `--reporters=${join(root, 'infra', 'cli', 'skipped-reporter.cjs')}`]
  const child = spawn(process.execPath, [jest, ...reporters, ...args], { cwd: root, stdio: 'inherit' })
  // Ctrl-C reaches jest as well: it ends its workers, and then we report how
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  return new Promise(done => child.once('exit', (code, signal) => done(code ?? 128 + constants.signals[signal])))
}

process.exitCode = (await prepare()) ?? (await runJest(process.argv.slice(2)))
