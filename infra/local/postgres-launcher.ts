// As which user, and from where, can Postgres run here? It refuses root, and an unprivileged user may not reach root's folders.
import { execFile } from 'node:child_process'
import { chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PipelineError } from '../../layers/errors'
import type { Place } from './place'
import { findNativeFolder, mendSymlinks } from './postgres-binaries'
import { readState, updateState } from './state'

/** The id of `nobody` where /etc/passwd does not name one. */
const NOBODY = 65_534
const PROBE_TIMEOUT_MS = 5_000

export interface User {
  uid: number
  gid: number
}

/** What to hand to child_process.spawn. */
export interface Command {
  file: string
  args: string[]
  options: { cwd: string; uid?: number; gid?: number }
}

export interface Launcher {
  /** Folder of the cluster and its temporary files; belongs to the user that Postgres runs as. */
  folder: string
  /** The user that Postgres runs as when we are root. */
  user?: User
  /** How it runs, for `doctor`. */
  description: string
  command(binary: 'postgres' | 'initdb', args: string[]): Command
}

type Wrap = (words: string[]) => Command

const asUs: Wrap = ([file, ...args]) => ({ file: file!, args, options: { cwd: '/' } })

function asUser(user: User): Wrap {
  return ([file, ...args]) => ({ file: file!, args, options: { cwd: '/', ...user } })
}

/**
 * setpriv (util-linux) changes the user and keeps one capability, with which the process passes folders that its user may not search.
 * `no_setuid_fixup` is needed as well: without it access(2), which Postgres asks about its own binary, ignores capabilities (capabilities(7)).
 */
function asUserWith(user: User, capability: string): Wrap {
  const ids = ['--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups']
  const capabilities = [`--inh-caps=-all,+${capability}`, `--ambient-caps=-all,+${capability}`, '--securebits=+no_setuid_fixup']
  return words => ({ file: 'setpriv', args: [...ids, ...capabilities, '--', ...words], options: { cwd: '/' } })
}

/** Whether Postgres starts this way and its user reaches the cluster's folder: it prints its version and complains about nothing. */
function works(wrap: Wrap, folder: string, native: string): Promise<boolean> {
  const { file, args, options } = wrap(['/bin/sh', '-c', 'cd -- "$1" && "$2" --version', 'sh', folder, join(native, 'bin', 'postgres')])
  return new Promise(resolve => {
    execFile(file, args, { ...options, timeout: PROBE_TIMEOUT_MS }, (error, _stdout, stderr) =>
      resolve(error === null && String(stderr) === '')
    )
  })
}

function launcher(folder: string, native: string, description: string, wrap: Wrap, user?: User): Launcher {
  return { folder, user, description, command: (binary, args) => wrap([join(native, 'bin', binary), ...args]) }
}

function unprivilegedUser(folder: string): User {
  // data that is there decides: a user added to the system later must not lock us out of it
  for (const existing of [join(folder, 'data'), folder]) {
    if (!existsSync(existing)) continue
    const { uid, gid } = statSync(existing)
    if (uid !== 0) return { uid, gid }
  }
  const users = existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8').split('\n') : []
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = users.find(line => line.startsWith(`${name}:`))?.split(':') ?? []
    if (Number(uid) > 0) return { uid: Number(uid), gid: Number(gid) }
  }
  return { uid: NOBODY, gid: NOBODY }
}

function ownedFolder(folder: string, user: User): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chownSync(folder, user.uid, user.gid)
  return folder
}

/** A folder that only root could have made for this user: mkdtemp makes it, state.json remembers it. */
function relocated(place: Place, user: User, native: string): { folder: string; native: string } {
  const known = readState(place).postgresFolder
  const base =
    known !== undefined && existsSync(known) ? known : mkdtempSync(join(existsSync('/var/tmp') ? '/var/tmp' : tmpdir(), 'sluice-postgres-'))
  ownedFolder(base, user)
  if (base !== known) updateState(place, { postgresFolder: base })
  const copy = join(base, 'native')
  // a copy of another version would not match what package.json pins
  const size = (folder: string) => (existsSync(join(folder, 'bin/postgres')) ? statSync(join(folder, 'bin/postgres')).size : -1)
  if (size(copy) !== size(native)) cpSync(native, copy, { recursive: true, force: true, verbatimSymlinks: true })
  return { folder: ownedFolder(join(base, 'cluster'), user), native: copy }
}

/**
 * Finds out how Postgres can run here, cheapest first. As an ordinary user: just so. As root: as an unprivileged user; where that user cannot
 * reach the checkout (below /root, or a private folder), with one capability to pass those folders; where the system refuses that, from a copy
 * in a private folder outside, which state.json remembers.
 * @param allowCapabilities false skips the second way
 * @throws PipelineError SERVICE_FAILED when none of them works
 */
export async function findLauncher(place: Place, allowCapabilities = true): Promise<Launcher> {
  const native = findNativeFolder(place.root)
  mendSymlinks(native)
  if (process.getuid?.() !== 0) {
    mkdirSync(place.postgres, { recursive: true, mode: 0o700 })
    return launcher(place.postgres, native, 'as the user who started it', asUs)
  }
  const user = unprivilegedUser(place.postgres)
  ownedFolder(place.postgres, user)
  const direct = asUser(user)
  if (await works(direct, place.postgres, native)) return launcher(place.postgres, native, `as user ${user.uid}`, direct, user)
  // reading is enough to pass a folder; containers often grant only the second (Docker's default set)
  for (const capability of allowCapabilities ? ['dac_read_search', 'dac_override'] : []) {
    const wrap = asUserWith(user, capability)
    if (await works(wrap, place.postgres, native))
      return launcher(place.postgres, native, `as user ${user.uid} with ${capability}`, wrap, user)
  }
  const outside = relocated(place, user, native)
  if (await works(direct, outside.folder, outside.native)) {
    return launcher(outside.folder, outside.native, `as user ${user.uid} in ${outside.folder}`, direct, user)
  }
  throw new PipelineError('SERVICE_FAILED', `Postgres cannot run as user ${user.uid} here`, {
    remedy: 'Start as an ordinary user, or set DATABASE_URL to a Postgres of your own.'
  })
}
