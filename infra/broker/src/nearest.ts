// Which right name did somebody mean who wrote a wrong one?

/** Single characters to insert, delete or replace until one text is the other. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i++) {
    const next = [i]
    for (let j = 1; j <= right.length; j++) {
      const replaced = row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[right.length]!
}

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/** The name that is most like `given`, without regard to case and separators. */
export function nearest(given: string, names: readonly string[]): string {
  const wanted = plain(given)
  const distances = names.map(name => distance(wanted, plain(name)))
  return names[distances.indexOf(Math.min(...distances))]!
}
