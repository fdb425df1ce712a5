// Which random choices does a seed stand for?
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { Oracle } from '../types'

const TWO_32 = 4_294_967_296
const { cos, log, PI, round, sqrt } = Math

/** Seeded choices: the same seed gives the same sequence on every machine. */
export class Random {
  private readonly source

  constructor(seed: number) {
    this.source = xoroshiro128plus(seed | 0)
  }

  /** From 0 up to, but not including, 1. */
  unit(): number {
    return (this.source.next() >>> 0) / TWO_32
  }

  /** From `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.unit() * (most - least + 1))
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.unit() * items.length)]!
  }

  chance(share: number): boolean {
    return this.unit() < share
  }

  /**
   * A draw from the normal distribution (Box and Muller, 1958), to six decimals: the last bits of a logarithm or cosine may differ between
   * versions of Node, and must not decide about a value.
   */
  normal(mean: number, deviation: number): number {
    const standard = sqrt(-2 * log(1 - this.unit())) * cos(2 * PI * this.unit())
    return mean + deviation * (round(standard * 1e6) / 1e6)
  }
}

export function newOracle(): Oracle {
  return { records: 0, valid: 0, quarantined: 0, duplicate: 0, reasons: {} }
}

export function countReasons(oracle: Oracle, codes: readonly string[]): void {
  oracle.quarantined++
  for (const code of codes) oracle.reasons[code] = (oracle.reasons[code] ?? 0) + 1
}
