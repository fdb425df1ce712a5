// Writes down each attempt and how it ends, in the order they happen, in a file of its process; chance decides the end.
// A line: {way, loads} of a module that was loaded, or {way, ok, partitions: {partition: {first, last, ids}}} of an attempt.
const { appendFileSync, statSync } = require('node:fs')
const { FOLDER, RUN, SEED } = process.env

const journal = `${FOLDER}/${RUN}`
const wait = ms => new Promise(resolve => setTimeout(resolve, ms))
const write = line => appendFileSync(journal, `${JSON.stringify(line)}\n`)

/** From 0 to 1, of the seed and what was written before: threads die, and with them whatever counts in memory. */
function chance() {
  let size = 0
  try {
    size = statSync(journal).size
  } catch {}
  let hash = Number(SEED) + 7919 * Number(RUN) + 104729 * size
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}

const failures = {
  throws: () => {
    throw new TypeError('no such field')
  },
  throwsText: () => {
    throw 'only text'
  },
  rejects: async () => {
    throw new RangeError('out of range')
  },
  rejectsNothing: () => Promise.reject(undefined),
  callbackError: callback => {
    callback(new Error('by callback'))
  },
  circular: async () => {
    const self = {}
    self.self = self
    return self
  },
  tooLarge: async () => 'x'.repeat(6 * 1024 * 1024),
  neverSettles: () => new Promise(() => {}),
  hangs: async () => {
    await new Promise(() => setInterval(() => {}, 1000))
  },
  uncaught: async () => {
    setTimeout(() => {
      throw new Error('from a timer')
    }, 1)
    await wait(500)
  },
  floating: async () => {
    Promise.reject(new Error('nobody awaits'))
    await wait(500)
  },
  exits: async () => {
    process.exit(3)
  },
  fillsMemory: async () => {
    const kept = []
    for (;;) kept.push(new Array(100_000).fill(Math.random()))
  }
}

/** Answers that mean nothing, as ReportBatchItemFailures is off. */
const answers = [
  undefined,
  'rubbish',
  42,
  { batchItemFailures: [{ itemIdentifier: { partition: 'foreign-0', offset: -1 } }] },
  { batchItemFailures: 'all of them' }
]

const LOAD_FAILURES = 0.1
const FAILURES = 0.1

const load = chance()
write({ way: load < LOAD_FAILURES ? 'import' : 'loaded' })
if (load < LOAD_FAILURES) throw new Error('while loading')
console.log(`handler of run ${RUN} loaded`)

exports.handler = (event, _context, callback) => {
  const partitions = {}
  for (const { partition, offset, value } of Object.values(event.records).flat()) {
    const own = (partitions[partition] ??= { first: offset, last: offset - 1, ids: [] })
    if (offset !== own.last + 1) throw new Error(`offset ${offset} of partition ${partition} follows ${own.last}`)
    own.last = offset
    own.ids.push(Number(Buffer.from(value, 'base64')))
  }
  const end = chance()
  const ways = Object.keys(failures)
  const way = end < FAILURES ? ways[Math.floor((end / FAILURES) * ways.length)] : undefined
  write({ way: way ?? 'ok', ok: way === undefined, partitions })
  if (way) return failures[way](callback)
  const answer = answers[Math.floor(end * 1000) % answers.length]
  if (end < 0.4) callback(null, answer)
  else return Promise.resolve(answer)
}
