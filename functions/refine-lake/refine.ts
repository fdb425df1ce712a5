// How do new bronze objects become the next version of silver and gold?
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Contract } from '../../layers/contract'
import type { Lake } from '../../layers/lake'
import { literal, withDuckDb } from '../../layers/lake/duckdb'
import {
  commitVersion,
  type LakeVersion,
  newestVersion,
  removeOldVersions,
  type TableFile,
  versionText
} from '../../layers/lake-tables/versions'
import { createView, parquet, REFINED } from '../../layers/lake-tables/views'
import { log } from '../../layers/log'
import silverCancellations from '../../sql/lake/silver-cancellations.sql'
import silverTransactions from '../../sql/lake/silver-transactions.sql'
import { type BronzeObject, groupsOf, newBronze, takenBytes, takenObjects, VERSION_BYTES } from './bronze'
import { bronzeReader, type Conformed, newConformed } from './conform'
import { type GoldTable, goldTables } from './gold'

/** Where the files of versions are. */
const filePrefixes = [`silver/${REFINED}/`, 'silver/cancellations/', ...goldTables.map(table => `gold/${table.name}/`)]
const MASK_KEY = `silver/${REFINED}/_mask-key`
const MASK_KEY_BYTES = 32

export interface Refined {
  /** The newest version; 0 where there is none. */
  version: number
  /** Versions that this run made. */
  versions: number
  objects: number
  read: number
  /** Rows that silver did not have. */
  added: number
  duplicate: number
  refused: number
  reasons: Record<string, number>
  corruptLines: number
  /** Objects with lines that are no record, and objects kept out whole, each with why. */
  corrupt: { object: string; reason: string }[]
  silverRows: number
}

export interface RefineOptions {
  /** Reads every bronze object again, as if there were no version yet. */
  full?: boolean
  /** Bytes of bronze, uncompressed, that one version takes. */
  versionBytes?: number
  memoryMb?: number
}

/**
 * Refines what is new until nothing is. A run that dies or fails leaves the newest version as it was.
 * @param contract of the dataset that is refined
 * @throws PipelineError LAKE_CONFLICT when another run was faster; LAKE_UNAVAILABLE
 */
export async function refineLake(lake: Lake, contract: Contract, options: RefineOptions = {}): Promise<Refined> {
  const limit = options.full ? Number.POSITIVE_INFINITY : (options.versionBytes ?? VERSION_BYTES)
  const newest = await newestVersion(lake, contract.dataset)
  const report = newReport(newest)
  // what a full run starts from has no rows, but it is the next version of the same lake
  let base: LakeVersion | undefined =
    options.full && newest ? { ...newest, months: {}, tables: {}, quarantined: [], takenObjects: 0, taken: '' } : newest
  for (let isMore = true; isMore; ) {
    const found = await newBronze(lake, contract.dataset, base, limit)
    isMore = found.isMore
    for (const { key } of found.strangers) note(report, key, 'its name is not that of a landed object')
    if (found.objects.length === 0) break
    const made = await withDuckDb((connection, folder) => new Run(connection, folder, lake, contract, base).version(found.objects), {
      memoryMb: options.memoryMb
    })
    base = made.entry
    addVersion(report, made)
  }
  if (report.versions > 0) {
    const removed = await removeOldVersions(lake, contract.dataset, filePrefixes)
    log.debug({ dataset: contract.dataset, removed }, 'objects of old versions removed')
  }
  return report
}

interface Made {
  entry: LakeVersion
  conformed: Conformed
}

const rowsOf = (months: Record<string, TableFile>) => Object.values(months).reduce((sum, file) => sum + file.rows, 0)

function newReport(newest: LakeVersion | undefined): Refined {
  const counts = { versions: 0, objects: 0, read: 0, added: 0, duplicate: 0, refused: 0, reasons: {}, corruptLines: 0, corrupt: [] }
  return { version: newest?.version ?? 0, ...counts, silverRows: newest ? rowsOf(newest.months) : 0 }
}

function note(report: Refined, object: string, reason: string): void {
  report.corrupt.push({ object, reason })
  log.warn({ object, reason }, 'a bronze object is kept out of the tables')
}

function addVersion(report: Refined, { entry, conformed }: Made): void {
  report.version = entry.version
  report.versions++
  report.objects += conformed.objects.length
  report.read += conformed.read
  report.refused += conformed.refused
  report.added += entry.records['added']!
  report.duplicate += entry.records['duplicate']!
  for (const [code, count] of conformed.reasons) report.reasons[code] = (report.reasons[code] ?? 0) + count
  for (const [object, lines] of conformed.corruptLines) {
    report.corruptLines += lines
    note(report, object, `${lines} of its lines are no record`)
  }
  for (const { object, reason } of conformed.quarantined) note(report, object, reason)
  report.silverRows = rowsOf(entry.months)
}

/** One version in the making. */
class Run {
  private readonly version_: number
  /** Ends the names of this run's files: another run for the same version writes others. */
  private readonly id = randomBytes(4).toString('hex')
  private readonly out: string

  constructor(
    private readonly connection: DuckDBConnection,
    private readonly folder: string,
    private readonly lake: Lake,
    private readonly contract: Contract,
    private readonly base: LakeVersion | undefined
  ) {
    this.version_ = (base?.version ?? 0) + 1
    this.out = join(folder, 'out')
  }

  async version(objects: readonly BronzeObject[]): Promise<Made> {
    await mkdir(this.out)
    // rows are ordered where a statement says so; elsewhere order would cost memory
    await this.connection.run('set preserve_insertion_order = false')
    const conformed = newConformed()
    const reader = bronzeReader(this.connection, this.lake, this.contract, join(this.folder, 'stage'), conformed)
    for (const group of groupsOf(objects)) {
      const copies = join(this.folder, 'bronze')
      await mkdir(copies)
      await reader.read(group, copies)
      await rm(copies, { recursive: true, force: true })
    }
    const months = { ...this.base?.months }
    const changed: string[] = []
    for (const [month, staged] of await reader.months()) {
      const file = await this.month(month, staged)
      if (file.digest === months[month]?.digest && file.rows === months[month].rows) continue
      months[month] = file
      changed.push(month)
    }
    const tables = changed.length === 0 ? (this.base?.tables ?? {}) : await this.tables(months, changed)
    const entry = await this.entry(months, tables, conformed)
    await commitVersion(this.lake, this.contract.dataset, entry)
    return { entry, conformed }
  }

  /** The rows of a month: those there were and those that arrived. */
  private async month(month: string, staged: string): Promise<TableFile> {
    const before = this.base?.months[month]
    const arrived = `select * from read_parquet(${literal(staged)}, hive_partitioning = false)`
    await createView(this.connection, 'conformed_transactions', arrived)
    await createView(this.connection, 'silver_transactions', before ? await this.files([before.key]) : `${arrived} where false`)
    return this.write(silverTransactions, `silver/${REFINED}/month=${month}`, before)
  }

  /** The tables that are made of all months, in the order in which one may read another. */
  private async tables(months: Record<string, TableFile>, changed: readonly string[]): Promise<Record<string, TableFile>> {
    const tables: Record<string, TableFile> = {}
    const all = Object.values(months).map(file => file.key)
    const whole = await this.files(all)
    await createView(this.connection, 'silver_transactions', whole)
    await createView(this.connection, 'masking', `select ${literal(await this.maskKey())} as key`)
    tables['silver_cancellations'] = await this.write(
      silverCancellations,
      'silver/cancellations',
      this.base?.tables['silver_cancellations']
    )
    await createView(this.connection, 'silver_cancellations', await this.files([tables['silver_cancellations'].key]))
    for (const table of goldTables) {
      const name = `gold_${table.name}`
      const before = this.base?.tables[name]
      const statement = table.day && before ? await this.days(table, months, changed, before) : table.statement
      tables[name] = await this.write(statement, `gold/${table.name}`, before)
      await createView(this.connection, 'silver_transactions', whole)
    }
    return tables
  }

  /** A table of days: those of changed months are computed, the others are as they were. */
  private async days(table: GoldTable, months: Record<string, TableFile>, changed: readonly string[], before: TableFile): Promise<string> {
    await createView(this.connection, 'silver_transactions', await this.files(changed.map(month => months[month]!.key)))
    const others = `strftime(${table.day}, '%Y-%m') not in (${changed.map(literal).join(', ')})`
    return `select * from (${table.statement}) as changed union all ${await this.files([before.key])} where ${others} order by ${table.key.join(', ')}`
  }

  /** Files of this run that are in the lake, by key. */
  private readonly written = new Map<string, string>()
  private readonly fetched = new Map<string, string>()

  /** A relation over objects of the lake; what this run wrote is read where it wrote it. */
  private async files(keys: readonly string[]): Promise<string> {
    const missing = keys.filter(key => !this.written.has(key) && !this.fetched.has(key))
    const copies = join(this.folder, 'tables')
    await mkdir(copies, { recursive: true })
    const paths = await this.lake.localFiles(missing, copies)
    missing.forEach((key, index) => {
      this.fetched.set(key, paths[index]!)
    })
    return `select * from ${parquet(keys.map(key => this.written.get(key) ?? this.fetched.get(key)!))}`
  }

  /** Writes a statement's rows as an object, unless they are the rows of the object that was there before. */
  private async write(statement: string, prefix: string, before: TableFile | undefined): Promise<TableFile> {
    const key = `${prefix}/${versionText(this.version_)}-${this.id}.parquet`
    const file = join(this.out, key.replaceAll('/', '_'))
    await this.connection.run(`copy (${statement}) to ${literal(file)} (format parquet, compression zstd)`)
    const [[rows, digest]] = (
      await this.connection.runAndReadAll(`select count(*), coalesce(bit_xor(hash(t)), 0)::varchar from ${parquet([file])} as t`)
    ).getRows() as [[bigint, string]]
    if (before && before.digest === digest && before.rows === Number(rows)) {
      await rm(file)
      return before
    }
    await this.lake.put(key, { file })
    this.written.set(key, file)
    return { key, rows: Number(rows), digest }
  }

  /** Secret of this lake: without it nobody can try out which customer number gives a hash. Kept beside the numbers themselves. */
  private async maskKey(): Promise<string> {
    await this.lake.put(MASK_KEY, Buffer.from(randomBytes(MASK_KEY_BYTES).toString('hex')), { ifAbsent: true })
    return (await this.lake.get(MASK_KEY))!.toString('utf8')
  }

  private async entry(months: Record<string, TableFile>, tables: Record<string, TableFile>, conformed: Conformed): Promise<LakeVersion> {
    const taken = this.base?.taken ? await takenObjects(this.lake, this.base) : new Set<string>()
    for (const object of conformed.objects) taken.add(object)
    const list = `silver/${REFINED}/_taken/${versionText(this.version_)}-${this.id}.gz`
    await this.lake.put(list, takenBytes(taken))
    const retried = new Set(conformed.objects)
    const quarantined = new Map(this.base?.quarantined.filter(({ object }) => !retried.has(object)).map(each => [each.object, each]))
    for (const each of conformed.quarantined) quarantined.set(each.object, each)
    const added = rowsOf(months) - rowsOf(this.base?.months ?? {})
    return {
      version: this.version_,
      at: new Date().toISOString(),
      lakeId: this.base?.lakeId ?? randomUUID(),
      contractVersion: this.contract.version,
      months,
      tables,
      taken: list,
      takenObjects: taken.size,
      quarantined: [...quarantined.values()],
      records: { read: conformed.read, added, duplicate: conformed.good - added, refused: conformed.refused }
    }
  }
}
