// What is put in the place of a library's own module when functions are bundled? See layers/event/kafkajs-record.ts.
const { resolve, sep } = require('node:path')

module.exports = [
  {
    name: 'kafkajs-record',
    setup(build) {
      build.onResolve({ filter: /recordBatch\/record\/v0$/ }, ({ importer }) =>
        importer.includes(`${sep}kafkajs${sep}`) ? { path: resolve(__dirname, '../layers/event/kafkajs-record.ts') } : undefined
      )
    }
  }
]
