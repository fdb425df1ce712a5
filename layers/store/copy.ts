// How do bytes in COPY format get into a table?
import { once } from 'node:events'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'

/** Sends the whole of one COPY; the server's error, if any, is thrown. */
export async function copyIn(client: pg.ClientBase, statement: string, bytes: Buffer): Promise<void> {
  const stream = client.query(copyFrom(statement))
  stream.end(bytes)
  await once(stream, 'finish')
}
