// Which tests did not run? A skipped test is named at the end, so that it is not taken for a passed one.
module.exports = class SkippedReporter {
  onRunComplete(_contexts, results) {
    const skipped = results.testResults.flatMap(({ testResults }) =>
      testResults.filter(({ status }) => status === 'pending').map(({ fullName }) => fullName)
    )
    if (skipped.length > 0) process.stderr.write(`\nSkipped on this machine:\n${skipped.map(name => `  ${name}`).join('\n')}\n`)
  }
}
