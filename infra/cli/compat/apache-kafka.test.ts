import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { temporaryPlace } from '../../local/testing'

const brokers = process.env.KAFKA_BROKERS
const onApacheKafka = brokers ? describe : describe.skip

onApacheKafka('the platform on Apache Kafka', () => {
  const place = temporaryPlace()

  /** What a command prints; rejects when its exit code is not 0. */
  const sluice = (...args: string[]) =>
    new Promise<string>((resolve, reject) => {
      execFile(
        process.execPath,
        [join(place.root, 'infra', 'cli', 'sluice.mjs'), ...args],
        { env: { ...process.env, SLUICE_STATE: place.state } },
        (error, stdout, stderr) => (error ? reject(new Error(`${error.message}\n${stderr}`)) : resolve(stdout))
      )
    })

  afterAll(async () => {
    await sluice('stop')
    place.remove()
  })

  test.each([
    ['products', '4'],
    ['transactions', '3000'],
    ['sensors', '20000']
  ])('every record of a run of %s is accounted for', async (dataset, count) => {
    const result = JSON.parse(await sluice('run', dataset, '--count', count, '--json'))
    expect(result.produced).toBe(Number(count))
    expect(result.valid + result.quarantined + result.duplicate).toBe(result.produced)
    expect(result.valid).toBeGreaterThan(0)
  })

  test('the broker is not ours, and status says so', async () => {
    const status = JSON.parse(await sluice('status', '--json'))
    expect(status.services.find((service: { name: string }) => service.name === 'kafka')).toMatchObject({ state: 'external' })
    expect(status.endpoints.kafka).toBe(brokers)
  })
})
