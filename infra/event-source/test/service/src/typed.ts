import type { SelfManagedKafkaEvent } from 'aws-lambda'

const version: string = 'one'

export const handler = async (event: SelfManagedKafkaEvent): Promise<void> => {
  for (const { value } of Object.values(event.records).flat()) {
    const text = Buffer.from(value, 'base64').toString()
    console.log(`got ${text} by version ${version}`)
    if (text === 'poison') {
      throw new Error('cannot take it')
    }
  }
}
