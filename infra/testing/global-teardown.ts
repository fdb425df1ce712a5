// What is left of the tests' Postgres? Nothing.
export default async function globalTeardown(): Promise<void> {
  await ((globalThis as Record<string, unknown>).stopTestPostgres as () => Promise<void>)()
}
