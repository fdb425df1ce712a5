import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

interface Service {
  image: string
  ports?: string[]
  healthcheck?: unknown
  environment: Record<string, string | number>
  depends_on?: Record<string, { condition: string }>
  volumes?: string[]
}

const text = readFileSync(join(process.cwd(), 'docker-compose.yml'), 'utf8')
const { services, volumes } = parse(text) as { services: Record<string, Service>; volumes: Record<string, unknown> }
const servers = Object.entries(services).filter(([, { ports }]) => ports !== undefined)

test('Kafka, Postgres, TimescaleDB and MySQL are there', () => {
  expect(servers.map(([name]) => name)).toEqual(['kafka', 'postgres', 'timescale', 'mysql'])
})

test.each(Object.entries(services))('the image of %s is pinned to a version', (_name, { image }) => {
  expect(image).toMatch(/:\d+\.\d+(\.\d+)?(-pg\d+)?$/)
})

test.each(servers)('%s listens on loopback only, has a health check and keeps its data in a named volume', (_name, service) => {
  for (const port of service.ports!) expect(port).toMatch(/^127\.0\.0\.1:\$\{[A-Z_]+:-\d+\}:\d+$/)
  expect(service.healthcheck).toBeDefined()
  for (const volume of service.volumes!) expect(Object.keys(volumes)).toContain(volume.split(':')[0])
})

test('a missing secret stops compose with the name of the variable and of the file', () => {
  for (const { environment } of Object.values(services)) {
    for (const [name, value] of Object.entries(environment)) {
      if (name.endsWith('PASSWORD')) expect(value).toMatch(/^\$\{[A-Z_]+_PASSWORD:\?set [A-Z_]+ in \.env, see \.env\.example\}$/)
    }
  }
})

test('whoever depends on a server waits until it is healthy', () => {
  for (const { depends_on = {} } of Object.values(services)) {
    for (const [name, { condition }] of Object.entries(depends_on))
      expect([services[name] !== undefined, condition]).toEqual([true, 'service_healthy'])
  }
})

test('Kafka tells clients of this machine and of the network an address that each of them reaches', () => {
  const { environment } = services['kafka']!
  expect(environment['KAFKA_ADVERTISED_LISTENERS']).toBe(`HOST://127.0.0.1:\${KAFKA_PORT:-9092},INTERNAL://kafka:19092`)
})

test('every variable that compose asks for is in .env.example', () => {
  const example = readFileSync(join(process.cwd(), '.env.example'), 'utf8')
  for (const [, name] of text.matchAll(/\$\{([A-Z_]+)[:}]/g)) expect(example).toContain(`${name}=`)
})

test('MySQL is given the device registry when it is made', () => {
  const { configs } = parse(text) as { configs: Record<string, { file: string }> }
  expect(readFileSync(join(process.cwd(), configs['mysql-init']!.file), 'utf8')).toContain('create table if not exists devices')
})
