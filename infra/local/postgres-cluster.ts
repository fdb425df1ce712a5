// Is there a complete database cluster on disk, and does anything of an earlier run still use it?
import { type ChildProcess, spawn } from 'node:child_process'
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PipelineError } from '../../layers/errors'
import type { LogFile } from './log-file'
import type { Launcher } from './postgres-launcher'
import { commandLineOf, endProcess, identityOf, processesIn } from './processes'
import { newSecrets, readSecrets, roles, type Secrets, writeSecrets } from './secrets'
import { trackStart } from './starting'

/** How to end a postmaster: fast shutdown, then immediate shutdown (documentation of Postgres, "Shutting Down the Server"). */
export const shutdownSteps: [NodeJS.Signals, number][] = [
  ['SIGINT', 2_000],
  ['SIGQUIT', 500]
]

export const dataFolder = (launcher: Launcher) => join(launcher.folder, 'data')

/** Spawns one of the binaries in its own process group, so that Ctrl-C in the terminal reaches only us and we choose the order of ending. */
export function spawnBinary(launcher: Launcher, binary: 'postgres' | 'initdb', args: string[], log: LogFile): ChildProcess {
  const { file, args: words, options } = launcher.command(binary, args)
  const environment = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' }
  const child = spawn(file, words, { ...options, env: environment, detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdout?.on('data', chunk => log.write(chunk))
  child.stderr?.on('data', chunk => log.write(chunk))
  return child
}

async function runBinary(launcher: Launcher, binary: 'postgres' | 'initdb', args: string[], log: LogFile, input = ''): Promise<void> {
  const child = spawnBinary(launcher, binary, args, log)
  trackStart(child)
  child.stdin?.end(input)
  const code = await new Promise<number | string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status, signal) => resolve(status ?? signal ?? 1))
  })
  if (code !== 0) throw new PipelineError('SERVICE_FAILED', `${binary} ended with ${code}: ${log.tail(4)}`, { remedy: `Read ${log.path}.` })
}

/**
 * Makes the cluster under another name and renames it, so that `data/` is there only when it is complete: an initdb that was killed leaves
 * nothing that a start would trust. Encoding UTF8, the built-in C.UTF-8 locale (same order on every platform), passwords by SCRAM only.
 */
async function initialize(launcher: Launcher, secrets: Secrets, log: LogFile): Promise<void> {
  const fresh = join(launcher.folder, 'data.new')
  const passwordFile = join(launcher.folder, 'password.new')
  rmSync(fresh, { recursive: true, force: true })
  rmSync(passwordFile, { force: true })
  writeFileSync(passwordFile, secrets.postgres, { mode: 0o600 })
  if (launcher.user) chownSync(passwordFile, launcher.user.uid, launcher.user.gid)
  try {
    await runBinary(
      launcher,
      'initdb',
      [
        ...['-D', fresh, '--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8'],
        ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', '--no-instructions']
      ],
      log
    )
  } finally {
    rmSync(passwordFile, { force: true })
  }
  renameSync(fresh, dataFolder(launcher))
}

/** In single-user mode no password is asked for: gives every role that exists a new one. */
async function resetPasswords(launcher: Launcher, secrets: Secrets, log: LogFile): Promise<void> {
  const reset = roles.map(
    role =>
      `do $$ begin if exists (select from pg_roles where rolname = '${role}') then alter role ${role} password '${secrets[role]}'; end if; end $$;`
  )
  const quiet = ['-c', 'log_min_error_statement=panic']
  await runBinary(launcher, 'postgres', ['--single', '-D', dataFolder(launcher), ...quiet, 'postgres'], log, `${reset.join('\n')}\n`)
}

/**
 * Ends a postmaster that an earlier run left on this cluster, and removes a postmaster.pid whose process id now belongs to something else
 * (Postgres itself deals with one whose process is gone).
 * @returns whether a postmaster was ended
 */
export async function endLeftover(launcher: Launcher): Promise<boolean> {
  const pidFile = join(dataFolder(launcher), 'postmaster.pid')
  if (!existsSync(pidFile)) return false
  const identity = identityOf(Number(readFileSync(pidFile, 'utf8').split('\n')[0]))
  const isOurs = identity !== undefined && commandLineOf(identity.pid)?.includes(dataFolder(launcher)) === true
  if (isOurs) await endProcess(identity, shutdownSteps)
  else if (identity !== undefined) rmSync(pidFile, { force: true })
  // backends of a killed postmaster: one that computes does not notice its death for as long as it computes
  const backends = processesIn(dataFolder(launcher))
  await Promise.all(backends.map(backend => endProcess(backend, [['SIGQUIT', 500]])))
  return isOurs
}

/** Passwords, and whether they are those that an existing cluster knows. */
export interface OpenedSecrets {
  secrets: Secrets
  isKnown: boolean
}

/** Reads the passwords, or thinks of new ones; those are written once the cluster has them. */
export function openSecrets(file: string): OpenedSecrets {
  const known = readSecrets(file)
  return { secrets: known ?? newSecrets(), isKnown: known !== undefined }
}

/**
 * Makes the cluster ready to be started: complete, ours alone, and with passwords that we know.
 * @throws PipelineError SERVICE_FAILED with the end of the log
 */
export async function prepareCluster(launcher: Launcher, secretsFile: string, opened: OpenedSecrets, log: LogFile): Promise<void> {
  const { secrets, isKnown } = opened
  await endLeftover(launcher)
  if (!existsSync(dataFolder(launcher))) {
    // before initdb: a crash in between leaves passwords without a cluster, never a cluster without its password
    if (!isKnown) writeSecrets(secretsFile, secrets)
    await initialize(launcher, secrets, log)
  } else if (!isKnown) {
    await resetPasswords(launcher, secrets, log)
    writeSecrets(secretsFile, secrets)
  }
}
