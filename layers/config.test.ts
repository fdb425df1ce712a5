import { readConfig } from './config'

const good = { KAFKA_BROKERS: '127.0.0.1:9092, b:9093', DATABASE_URL: 'postgres://u:secret@h/db' }

test('the timeseries store is the database where nothing else is set', () => {
  expect(readConfig({ ...good, TIMESCALE_URL: '' })).toMatchObject({
    kafkaBrokers: ['127.0.0.1:9092', 'b:9093'],
    timescaleUrl: good.DATABASE_URL
  })
})

test.each([
  [{ ...good, KAFKA_BROKERS: 'localhost' }, /KAFKA_BROKERS is 'localhost': must be host:port/],
  [{ KAFKA_BROKERS: 'a:1' }, /DATABASE_URL is not set: it is required/],
  [{ ...good, DATABASE_URL: 'mysql://u:secret@h' }, /DATABASE_URL is malformed: must be a postgres:\/\/ URL/],
  [{ ...good, LOG_LEVEL: 'loud' }, /LOG_LEVEL is 'loud'/],
  [{ ...good, SLUICE_CONTRATCS: 'x' }, /SLUICE_CONTRATCS is not a setting/]
])('a malformed or unknown setting is named: %#', (env, message) => {
  expect(() => readConfig(env as NodeJS.ProcessEnv)).toThrow(message)
})

test('an error never shows a password', () => {
  expect(() => readConfig({ ...good, DATABASE_URL: 'postgers://u:secret@h/db' })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('secret') })
  )
})
