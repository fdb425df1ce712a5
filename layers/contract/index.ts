// What does the rest of the platform use of the contracts? Readers of files, generators and the check against the standard have
// their own entries (`./read-csv`, `./read-json`, `./generate`, `./check`), so that no function loads what it does not use.
export { quoteIdentifier } from './identifiers'
export { contractOf, contractOfTopic, contractsFolder, loadContracts } from './load'
export { bucketMinutes, invalidationLogs, summaryGroups, summaryMeasures, WINDOW_ORIGIN, WINDOW_ORIGIN_MS, warehouseLog } from './summaries'
export { tableStatements, viewStatements } from './tables'
export type * from './types'
export { compileValidator, UNPARSABLE_HEADER } from './validator'
