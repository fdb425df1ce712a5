// What does the rest of the platform use of the contracts?
export type * from './types'
