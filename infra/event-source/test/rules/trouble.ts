// What does a mapping do when the world is not as it should be? It says so once, waits, and goes on.
import type { Harness } from '../harness'

/** @param create a harness with a topic of so many partitions */
export function troubleRules(create: (partitions?: number) => Promise<Harness>): void {
  test('a topic that does not exist is waited for, and said once with the way to create it', async () => {
    const harness = await create()
    harness.start()
    await harness.until(() => harness.logged.some(line => line.includes('does not exist yet')))
    await harness.createTopic(1)
    await harness.produce([{ value: 'at last' }])
    await harness.until(() => harness.succeeded().length === 1)
    expect(harness.logged.filter(line => line.includes('does not exist yet'))).toEqual([expect.stringMatching(/--create --topic/)])
    expect(harness.logged.some(line => line.includes('the topic is there'))).toBe(true)
  })

  test('a topic that does not exist is created when told to, with the partitions that were named', async () => {
    const harness = await create()
    harness.start({ createTopicPartitions: 2 })
    await harness.until(() => harness.logged.some(line => line.includes('was created, with 2 partitions')))
    await harness.fill(2, 1)
    // a producer that asks while the topic is being made may write twice
    const values = () => new Set(harness.succeeded().map(({ value }) => value))
    await harness.until(() => values().size === 2)
    expect(values()).toEqual(new Set(['0-0', '1-0']))
  })
}
