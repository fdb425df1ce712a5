// What does the rest of the mapping need of filters?

export { ChunkFilter } from './chunk-filter'
export { InvalidPattern } from './invalid-pattern'
export { compileFilters, type FilteredRecord, type RecordFilter } from './record-filter'
