// Which values does a partition have that `Harness.fill` filled?
export const range = (partition: number, count: number) => Array.from({ length: count }, (_, index) => `${partition}-${index}`)
