import { withDuckDb } from './duckdb'
import { textBytes } from './text-column'

const columnOf = (query: string) =>
  withDuckDb(async connection => {
    const result = await connection.stream(query)
    const texts: Buffer[] = []
    for (;;) {
      const chunk = await result.fetchChunk()
      if (!chunk || chunk.rowCount === 0) return texts.map(text => text.toString())
      texts.push(...(await textBytes(chunk, 0)))
    }
  })

test('texts of every length are whole, in order, and do not depend on the chunk they came in', async () => {
  // short ones stand in the column itself, and long ones beside each other or, where short ones come in between, apart
  const length = (row: number) => (row % 7 === 0 ? row % 13 : row % 11 === 0 ? 0 : (row * 31) % 400)
  const texts = await columnOf(
    `select repeat(chr((65 + i % 26)::integer), (case when i % 7 = 0 then i % 13 when i % 11 = 0 then 0 else (i * 31) % 400 end)::integer) from range(20000) as t(i)`
  )
  expect(texts).toEqual(Array.from({ length: 20_000 }, (_, row) => String.fromCharCode(65 + (row % 26)).repeat(length(row))))
})

test.each([
  [
    'stored in a table',
    "with t as materialized (select i, i || repeat(' £😀', 9) as text from range(5000) as t(i)) select text from t order by i desc"
  ],
  ['one text, repeated', "select 'the same £😀 text for each' from range(5000)"],
  ['filtered', "select i || repeat(' £😀', 9) from range(5000) as t(i) where i % 3 = 1"]
])('so are texts that are %s', async (_where, query) => {
  const expected = await withDuckDb(async connection => (await connection.runAndReadAll(query)).getRowsJson().map(([text]) => text))
  expect(await columnOf(query)).toEqual(expected)
})

test('a text as large as a batch of records is one', async () => {
  expect(
    (await columnOf("select repeat('0123456789', 300000) || i from range(3) as t(i)")).map(text => [text.length, text.at(-1)])
  ).toEqual([
    [3_000_001, '0'],
    [3_000_001, '1'],
    [3_000_001, '2']
  ])
})
