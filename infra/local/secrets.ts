// Which passwords does the embedded Postgres of this checkout use?
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { writeAtomically } from './atomic-file'

/** Roles of the embedded database. The superuser is used for nothing but creating the others. */
export const roles = ['postgres', 'sluice_owner', 'sluice_app', 'sluice_reader'] as const
export type Role = (typeof roles)[number]
export type Secrets = Record<Role, string>

/** @returns undefined when the file is missing or does not hold a password for every role */
export function readSecrets(file: string): Secrets | undefined {
  try {
    const found = JSON.parse(readFileSync(file, 'utf8')) as Partial<Secrets>
    return roles.every(role => typeof found[role] === 'string' && found[role] !== '') ? (found as Secrets) : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return undefined
    throw error
  }
}

/** 144 random bits each; base64url, so that they stand in a URL as they are. */
export function newSecrets(): Secrets {
  return Object.fromEntries(roles.map(role => [role, randomBytes(18).toString('base64url')])) as Secrets
}

export function writeSecrets(file: string, secrets: Secrets): void {
  mkdirSync(dirname(file), { recursive: true })
  writeAtomically(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, durable: true })
}
