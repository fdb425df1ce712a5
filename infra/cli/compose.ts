// How do the servers of docker-compose.yml come up, and how are they reached?
import { execFile, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv, promisify } from 'node:util'
import { PipelineError } from '../../layers/errors'

const run = promisify(execFile)

/**
 * `docker compose up -d --wait` in the checkout.
 * @returns the variables that point Sluice at those servers
 * @throws PipelineError CONFIG_INVALID where Docker, Compose or .env is missing; SERVICE_FAILED when the servers do not get healthy
 */
export async function composeUp(root: string): Promise<Record<'KAFKA_BROKERS' | 'DATABASE_URL' | 'TIMESCALE_URL' | 'MYSQL_URL', string>> {
  const remedy = 'Install Docker with Compose and start its daemon, or leave --compose out: the embedded servers need no Docker.'
  await run('docker', ['compose', 'version']).catch(cause => {
    throw new PipelineError('CONFIG_INVALID', '--compose: `docker compose` does not work here', { remedy, cause })
  })
  const file = join(root, '.env')
  if (!existsSync(file)) {
    throw new PipelineError('CONFIG_INVALID', '--compose: .env is missing', {
      remedy: 'Copy .env.example to .env and choose the passwords.'
    })
  }
  const values: NodeJS.Dict<string> = { ...parseEnv(readFileSync(file, 'utf8')), ...process.env }
  for (const name of ['POSTGRES_PASSWORD', 'TIMESCALE_PASSWORD', 'MYSQL_PASSWORD']) {
    if (!values[name])
      throw new PipelineError('CONFIG_INVALID', `.env: ${name} is not set`, { remedy: `Set ${name} in .env; see .env.example.` })
  }
  const child = spawn('docker', ['compose', 'up', '-d', '--wait'], { cwd: root, stdio: ['ignore', 2, 2] })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  if (code !== 0)
    throw new PipelineError('SERVICE_FAILED', `docker compose up ended with ${code}`, { remedy: 'See `docker compose logs`.' })
  const url = (name: string, port: string) => `postgres://sluice:${encodeURIComponent(values[name]!)}@127.0.0.1:${port}/sluice`
  return {
    KAFKA_BROKERS: `127.0.0.1:${values['KAFKA_PORT'] ?? '9092'}`,
    DATABASE_URL: url('POSTGRES_PASSWORD', values['POSTGRES_PORT'] ?? '5432'),
    TIMESCALE_URL: url('TIMESCALE_PASSWORD', values['TIMESCALE_PORT'] ?? '5433'),
    MYSQL_URL: `mysql://sluice:${encodeURIComponent(values['MYSQL_PASSWORD']!)}@127.0.0.1:${values['MYSQL_PORT'] ?? '3306'}/iot_devices`
  }
}
