// Appends what arrived to a file, so that the test sees it from outside the process.
const { appendFileSync } = require('node:fs')
const { version } = require('./version')

exports.handler = async event => {
  const values = Object.values(event.records)
    .flat()
    .map(({ value }) => Buffer.from(value, 'base64').toString())
  appendFileSync(process.env.OUTPUT, `${JSON.stringify({ version, values, eventSource: event.eventSource })}\n`)
}
