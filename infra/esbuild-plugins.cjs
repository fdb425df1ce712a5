// What is put in the place of a library's own module when functions are bundled?
const { resolve, sep } = require('node:path')

/** kafkajs' modules that cost the producer most of its time, and ours that do the same; each of ours says what it saves. */
const replacements = [
  [/recordBatch\/record\/v0$/, '../layers/event/kafkajs-record.ts'],
  [/\/groupMessagesPerPartition$/, '../layers/event/kafkajs-grouping.ts']
]

module.exports = [
  {
    name: 'kafkajs-producer',
    setup(build) {
      for (const [filter, path] of replacements)
        build.onResolve({ filter }, ({ importer }) =>
          importer.includes(`${sep}kafkajs${sep}`) ? { path: resolve(__dirname, path) } : undefined
        )
    }
  }
]
