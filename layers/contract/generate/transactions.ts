// What does an export of the shop look like, with every kind of its dirt, and what must come out of it?
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { Contract, Oracle } from '../types'
import { countReasons, newOracle, Random } from './random'

/** Lines that are written at once. */
const CHUNK_LINES = 2000
/** Lines of one invoice. */
const LINES_PER_INVOICE = 20
/** Lines back that an exact repeat may copy. */
const REPEAT_WINDOW = 50
const FIRST_INVOICE = 536_365
/** Six digits hold no more; then the numbers start anew, at other dates. */
const INVOICES = 999_999 - FIRST_INVOICE
/** As the real file begins: 1 December 2010, 08:26. */
const FIRST_MINUTE = Date.UTC(2010, 11, 1, 8, 26)

const ARTICLES: readonly [code: string, description: string, pence: number][] = [
  ['85123A', 'WHITE HANGING HEART T-LIGHT HOLDER', 255],
  ['71053', 'WHITE METAL LANTERN', 339],
  ['84029G', 'KNITTED UNION FLAG HOT WATER BOTTLE', 339],
  ['22752', 'SET 7 BABUSHKA NESTING BOXES', 765],
  ['22622', 'BOX OF VINTAGE ALPHABET BLOCKS ', 995],
  ['21756', 'BATH BUILDING BLOCK WORD', 595],
  ['22113', 'GREY HEART HOT WATER BOTTLE', 375],
  ['84347', 'ROTATING SILVER ANGELS T-LIGHT HLDR', 255],
  ['22867', 'HAND WARMER BIRD DESIGN', 185],
  ['21730', 'GLASS STAR FROSTED T-LIGHT HOLDER', 425]
]
/** Descriptions that need quotes: a comma, a quote, both, and a line end. */
const QUOTED: readonly [code: string, description: string, pence: number][] = [
  ['22423', 'REGENCY CAKESTAND, 3 TIER', 1275],
  ['20668', 'DISCO BALL "LARGE" ROTATOR', 845],
  ['21533', 'RETRO SPOT "BIG", MILK JUG', 495],
  ['22961', 'JAM MAKING SET\nPRINTED', 145]
]
const NO_ARTICLES: readonly [code: string, description: string, pence: number][] = [
  ['POST', 'POSTAGE', 1800],
  ['DOT', 'DOTCOM POSTAGE', 56_977],
  ['D', 'Discount', 2750],
  ['M', 'Manual', 1050],
  ['BANK CHARGES', 'Bank Charges', 1500],
  ['gift_0001_40', 'Dotcomgiftshop Gift Voucher £40.00', 3404]
]
const COUNTRIES = ['United Kingdom', 'United Kingdom', 'United Kingdom', 'Germany', 'France', 'EIRE', 'Channel Islands']
const NOTES = ['check', 'damages', '?', '']

export interface TransactionOptions {
  /** Records, without the header. */
  rows: number
  seed: number
}

/** A good record before it is written. */
interface Sale {
  invoice: string
  code: string
  description: string
  quantity: number
  date: string
  price: string
  customer: string
  country: string
}

/**
 * Writes a file of the shape of the UCI data set: Windows-1252, LF, the last record cut off.
 * @returns what the pipeline must make of it
 * @throws the stream's error when the file cannot be written
 */
export async function writeTransactions(contract: Contract, file: string, options: TransactionOptions): Promise<Oracle> {
  const oracle = newOracle()
  const out = createWriteStream(file)
  out.write(`${contract.source.columns.join(',')}\n`)
  let text = ''
  let lines = 0
  for (const line of transactionLines(contract, options, oracle)) {
    text += line
    if (++lines % CHUNK_LINES > 0) continue
    if (!out.write(latin1(text))) await once(out, 'drain')
    text = ''
  }
  out.end(latin1(text))
  await finished(out)
  return oracle
}

/** All characters that are written here are the same in Latin-1 and Windows-1252. */
const latin1 = (text: string) => Buffer.from(text, 'latin1')

/** The lines with their ends, dirt included; counts into the oracle. */
export function* transactionLines(contract: Contract, options: TransactionOptions, oracle: Oracle): Generator<string> {
  const random = new Random(options.seed)
  const recent: string[] = []
  const seen = new SeenLines()
  for (let index = 0; index < options.rows; index++) {
    const line = index === options.rows - 1 ? cutOff(oracle) : nextLine(contract, random, index, recent, seen, oracle)
    oracle.records++
    yield line
  }
}

/** Keys of the recent good lines: a repeat copies one of them, and two lines of one invoice are never the same by accident. */
class SeenLines {
  private invoice = -1
  private keys = new Set<string>()

  add(invoice: number, key: string): boolean {
    if (invoice !== this.invoice) {
      this.invoice = invoice
      this.keys = new Set()
    }
    if (this.keys.has(key)) return false
    this.keys.add(key)
    return true
  }
}

function nextLine(contract: Contract, random: Random, index: number, recent: string[], seen: SeenLines, oracle: Oracle): string {
  const share = contract.generator
  const draw = random.unit()
  let bound = share['shareRepeated'] ?? 0
  if (draw < bound && recent.length > 0) {
    oracle.duplicate++
    return random.pick(recent)
  }
  const number = Math.floor(index / LINES_PER_INVOICE)
  const sale = newSale(contract, random, number)
  if (draw >= bound && draw < (bound += share['shareUnparsable'] ?? 0)) return broken(random, sale, oracle)
  if (draw < bound) return goodLine(sale, number, recent, seen, oracle)
  if (draw < (bound += share['shareStockNote'] ?? 0)) {
    countReasons(oracle, ['unit_price_out_of_range'])
    return lineOf({ ...sale, description: random.pick(NOTES), price: '0', customer: '' })
  }
  if (draw < (bound += share['shareStockCorrection'] ?? 0)) {
    countReasons(oracle, ['unit_price_out_of_range', 'negative_quantity_without_cancellation'])
    return lineOf({ ...sale, description: '', quantity: -sale.quantity, price: '0', customer: '' })
  }
  if (draw < (bound += share['shareAdjustment'] ?? 0)) {
    const negative = random.chance(0.5)
    countReasons(oracle, negative ? ['unit_price_out_of_range', 'adjustment_invoice'] : ['adjustment_invoice'])
    const invoice = `A${sale.invoice}`
    return lineOf({
      ...sale,
      invoice,
      code: 'B',
      description: 'Adjust bad debt',
      quantity: 1,
      price: negative ? '-11062.06' : '11062.06',
      customer: ''
    })
  }
  if (draw < (bound += share['shareCancelled'] ?? 0))
    return goodLine({ ...sale, invoice: `C${sale.invoice}`, quantity: -sale.quantity }, number, recent, seen, oracle)
  return goodLine(sale, number, recent, seen, oracle)
}

function newSale(contract: Contract, random: Random, number: number): Sale {
  const { shareWithoutCustomer = 0, shareNoArticle = 0, shareLowerCase = 0 } = contract.generator
  const [code, description, pence] = random.chance(shareNoArticle)
    ? random.pick(NO_ARTICLES)
    : random.pick(random.chance(0.05) ? QUOTED : ARTICLES)
  return {
    invoice: String(FIRST_INVOICE + (number % INVOICES)),
    code: random.chance(shareLowerCase) ? code.toLowerCase() : code,
    description,
    quantity: random.integer(1, 48),
    date: dateOf(number),
    price: String(pence / 100),
    customer: random.chance(shareWithoutCustomer) ? '' : String(random.integer(12_346, 18_287)),
    country: random.pick(COUNTRIES)
  }
}

/** Stored text is trimmed and in upper case, so the key is made of that. */
function goodLine(sale: Sale, number: number, recent: string[], seen: SeenLines, oracle: Oracle): string {
  const line = lineOf(sale)
  const key = lineOf({ ...sale, code: sale.code.toUpperCase(), description: sale.description.trim() })
  if (!seen.add(number, key)) {
    oracle.duplicate++
    return line
  }
  oracle.valid++
  recent.push(line)
  if (recent.length > REPEAT_WINDOW) recent.shift()
  return line
}

/** An open quote that nothing closes, too many columns, too few. */
function broken(random: Random, sale: Sale, oracle: Oracle): string {
  countReasons(oracle, ['unparsable_line'])
  const kind = random.integer(0, 2)
  if (kind === 0)
    return `${sale.invoice},${sale.code},"HANGING HEART,${sale.quantity},${sale.date},${sale.price},${sale.customer},${sale.country}\n`
  if (kind === 1)
    return `${sale.invoice},${sale.code},PLAIN HEART, WITH A COMMA,${sale.quantity},${sale.date},${sale.price},${sale.customer},${sale.country}\n`
  return `${sale.invoice},${sale.code},${sale.date}\n`
}

/** The end of a file that was copied while it was written: no line end, no further fields. */
function cutOff(oracle: Oracle): string {
  countReasons(oracle, ['unparsable_line'])
  return '539650,84347,R'
}

function lineOf(sale: Sale): string {
  const { invoice, code, description, quantity, date, price, customer, country } = sale
  return `${[invoice, code, quoted(description), quantity, date, price, customer, country].join(',')}\n`
}

const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** Three minutes apart, from 08:26 to 16:23, so that no time falls into the hour that spring skips. */
function dateOf(invoice: number): string {
  const day = Math.floor(invoice / 160)
  const date = new Date(FIRST_MINUTE + day * 86_400_000 + (invoice % 160) * 3 * 60_000)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(date.getUTCDate())}/${two(date.getUTCMonth() + 1)}/${date.getUTCFullYear()} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`
}
