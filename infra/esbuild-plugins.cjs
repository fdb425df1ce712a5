// What is put in the place of a library's own module when functions are bundled?
const { join, resolve } = require('node:path')
const { plugin: localLibraries } = require('./local-libraries.cjs')

const kafkajs = join('node_modules', 'kafkajs', 'src')

/** kafkajs' modules that cost the producer most of its time, by who imports them, and ours that do the same; each of ours says what it saves. */
const replacements = [
  { filter: /\/v3\/request$/, importedIn: join(kafkajs, 'protocol', 'requests', 'produce'), by: 'layers/event/kafkajs-produce.ts' },
  { filter: /\/groupMessagesPerPartition$/, importedIn: join(kafkajs, 'producer'), by: 'layers/event/kafkajs-grouping.ts' }
]

module.exports = [
  localLibraries,
  {
    name: 'kafkajs-producer',
    setup(build) {
      for (const { filter, importedIn, by } of replacements)
        build.onResolve({ filter }, ({ importer }) => (importer.includes(importedIn) ? { path: resolve(__dirname, '..', by) } : undefined))
    }
  }
]
