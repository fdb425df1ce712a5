import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { startBrokerProcess } from './broker'
import { externalServers } from './external'
import { functionsEnvironment } from './functions'
import { endProcess, identityOf, isAlive, startTimeOf } from './processes'
import { AlreadyRunning, startStack } from './stack'
import { liveState, readState, takeLock, updateState } from './state'
import { supervise } from './supervised'
import { temporaryPlace } from './testing'

const quiet = { kind: 'start', functions: false, env: {}, say: () => undefined } as const

describe('the lock', () => {
  test('has one owner at a time, and can be taken again when it was given back', () => {
    const place = temporaryPlace()
    const first = takeLock(place)
    expect(takeLock(place)).toEqual({ owner: identityOf(process.pid) })
    if ('release' in first) first.release()
    const second = takeLock(place)
    expect('release' in second).toBe(true)
    place.remove()
  })

  test.each([
    ['whose process id was given to another program', JSON.stringify({ pid: process.pid, startedAt: 'long ago' })],
    ['that is not readable', '{"pid":']
  ])('of an owner %s is taken over', (_why, content) => {
    const place = temporaryPlace()
    mkdirSync(place.state, { recursive: true })
    writeFileSync(place.lockFile, content)
    expect('release' in takeLock(place)).toBe(true)
    place.remove()
  })
})

test('a process is known by its id and its start, and gone when it has ended', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'])
  const identity = identityOf(child.pid!)!
  expect(isAlive(identity)).toBe(true)
  expect(isAlive({ ...identity, startedAt: 'another time' })).toBe(false)
  await endProcess(identity, [])
  expect(isAlive(identity)).toBe(false)
  expect(startTimeOf(2 ** 30)).toBeUndefined()
})

test('a state of a supervisor that is gone is not live', () => {
  const place = temporaryPlace()
  updateState(place, { supervisor: { pid: process.pid, startedAt: 'long ago', kind: 'start' } })
  expect(liveState(place)).toBeUndefined()
  updateState(place, { supervisor: { ...identityOf(process.pid)!, kind: 'start' } })
  expect(liveState(place)?.supervisor.pid).toBe(process.pid)
  place.remove()
})

test('a service that ends is started again a few times, then given up', async () => {
  let starts = 0
  const said: string[] = []
  await new Promise<void>((resolve, reject) => {
    const start = async () => {
      starts++
      return {
        port: 1,
        process: { pid: 1, startedAt: '' },
        ended: Promise.resolve('exit code 7'),
        stop: async () => undefined,
        kill: () => undefined
      }
    }
    supervise(start, event => {
      said.push(event.type)
      if (event.type === 'failed') resolve()
    }).catch(reject)
  })
  expect(starts).toBe(6)
  expect(said.filter(type => type === 'ended')).toHaveLength(5)
})

test.each([
  [{ KAFKA_BROKERS: 'localhost' }, /KAFKA_BROKERS is 'localhost': 'localhost' is not host:port/],
  [{ DATABASE_URL: 'mysql://u:geheim@h/d' }, /DATABASE_URL is malformed: must be a postgres:\/\/ URL$/]
])('a malformed server of the environment is named, without a password: %j', (env, message) => {
  expect(() => externalServers(env)).toThrow(message)
})

test('an external server that does not answer stops the start and leaves nothing running', async () => {
  const place = temporaryPlace()
  await expect(startStack(place, { ...quiet, env: { KAFKA_BROKERS: '127.0.0.1:1' } })).rejects.toThrow(
    /KAFKA_BROKERS=127.0.0.1:1: nothing answers/
  )
  expect(readState(place).supervisor).toBeUndefined()
  expect('release' in takeLock(place)).toBe(true)
  place.remove()
})

test('functions get the application role and no other password', () => {
  const place = temporaryPlace()
  const endpoints = {
    kafka: 'k:1',
    database: 'postgres://sluice_app:x@h/d',
    timescale: 'postgres://sluice_app:x@h/d',
    mysql: 'postgres://sluice_app:x@h/d',
    lake: 'file:x',
    lambda: 'http://l'
  }
  const env = functionsEnvironment(endpoints, place)
  expect(env).toMatchObject({ KAFKA_BROKERS: 'k:1', DATABASE_URL: endpoints.database, LAMBDA_ENDPOINT: 'http://l', SLUICE_SUPERVISED: '1' })
  place.remove()
})

// the broker runs as its bundle
beforeAll(() => void execFileSync(process.execPath, [join(process.cwd(), 'infra', 'build.mjs')]))

test('a port that is taken between the choice and the start of the broker gives way to another', async () => {
  const place = temporaryPlace()
  const rival = createServer().listen(0, '127.0.0.1')
  await once(rival, 'listening')
  const { port: taken } = rival.address() as AddressInfo
  const broker = await startBrokerProcess(place, taken)
  expect(broker.port).not.toBe(taken)
  await broker.stop()
  await new Promise(resolve => rival.close(resolve))
  place.remove()
})

test('broker and Postgres come up together, only once, come back after kill -9, and go down in time', async () => {
  const place = temporaryPlace()
  const said: string[] = []
  let wake: (() => void) | undefined
  const stack = await startStack(place, {
    ...quiet,
    say: sentence => {
      said.push(sentence)
      if (/runs again/.test(sentence)) wake?.()
    }
  })
  await expect(startStack(place, quiet)).rejects.toThrow(AlreadyRunning)
  const before = readState(place)
  expect(before.services?.map(({ name, state }) => `${name} ${state}`).sort()).toEqual(['kafka running', 'postgres running'])
  for (const name of ['kafka', 'postgres'] as const) {
    const again = new Promise<void>(resolve => (wake = resolve))
    process.kill(before.services!.find(service => service.name === name)!.process!.pid, 'SIGKILL')
    await again
  }
  expect(said).toHaveLength(4)
  expect(readState(place).services?.every(({ restarts, state }) => restarts === 1 && state === 'running')).toBe(true)
  expect(readState(place).endpoints).toEqual(before.endpoints)
  const startedAt = performance.now()
  await stack.stop()
  expect(performance.now() - startedAt).toBeLessThan(3_000)
  expect(readState(place).supervisor).toBeUndefined()
  place.remove()
})
