// Are the batches of other producers read in every codec? librdkafka writes them (kcat), a broker keeps them.
import { execFileSync, spawnSync } from 'node:child_process'
import { Harness } from '../test/harness'

const brokers = process.env.KAFKA_BROKERS?.split(',')
const hasKcat = spawnSync('kcat', ['-V']).status === 0

if (!brokers) test.skip('compression by librdkafka: KAFKA_BROKERS is not set', () => {})
else if (!hasKcat) test.skip('compression by librdkafka: kcat is not installed', () => {})
else {
  test.each(['gzip', 'snappy', 'lz4', 'zstd'])('%s', async codec => {
    const harness = await Harness.create(brokers, 1)
    const values = Array.from({ length: 2000 }, (_, index) => `value ${index} ${'x'.repeat(index % 90)}`)
    execFileSync('kcat', ['-b', brokers.join(), '-P', '-t', harness.topic, '-p', '0', '-z', codec, '-X', 'linger.ms=50'], {
      input: values.join('\n')
    })
    harness.start({ batchSize: 1000 })
    await harness.until(() => harness.succeeded().length === values.length)
    expect(harness.values()[0]).toEqual(values)
    await harness.close()
  })
  afterAll(() => {
    Harness.bundled.current?.remove()
    Harness.bundled.current = undefined
  })
}
