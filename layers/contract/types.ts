// What is a contract once it is read, and what does a validator say about one record?

export type ColumnType =
  | 'text'
  | 'integer'
  | 'bigint'
  | 'double precision'
  | 'boolean'
  | 'timestamptz'
  | 'date'
  | 'jsonb'
  | `numeric(${number},${number})`

export interface Column {
  name: string
  type: ColumnType
  nullable: boolean
}

/** A column that the database fills: never part of a row that is copied in. `expression` is one of a closed list. */
export interface DefaultedColumn extends Column {
  expression: 'now()'
}

/** Bounds of a value, inclusive unless the name says otherwise; they become CHECK constraints too. */
export interface Range {
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  exclusiveMaximum?: number
}

/** How the text of a timestamp is read: ISO 8601 with its own offset, or a wall-clock format in a named zone. */
export type TimestampFormat = { kind: 'iso' } | { kind: 'wall-clock'; pattern: string; zone: string }

/** One field of a message: where it goes and what is asked of it. */
export interface Field {
  /** Name in the message. */
  name: string
  column: Column
  /** What a reader calls it: `Temperature`. */
  label: string
  /** Written after the value in messages: `°C`. */
  unit: string
  range: Range
  maxLength?: number
  pattern?: string
  normalise: ('trim' | 'upper')[]
  /**
   * Numbers may also come as text. `remove` names currency signs and the like, which may stand before and after the number, and between its
   * digits as separators of thousands; `decimal` is what stands before its decimals, a point unless told otherwise.
   */
  fromText: { remove: string; decimal?: '.' | ',' } | undefined
  timestamp: TimestampFormat
  /** Values that the contract shows; the generator uses them. */
  examples: unknown[]
  /** `restricted`, `internal`, `public`…, as the contract says. */
  classification?: string
  pii: boolean
}

/** A column that is computed from other columns of the same row. */
export type Derived = { column: Column } & ({ kind: 'hash'; of: string[] } | { kind: 'matches'; of: string; pattern: string })

/** A rule over more than one field: the record is bad with this reason when every listed test holds. */
export interface RowRule {
  code: string
  message: string
  field: string
  when: RowTest[]
}

/** `column` is compared after normalisation; a null column passes no test. */
export interface RowTest {
  column: string
  matches?: string
  notMatches?: string
  atLeast?: number
  atMost?: number
}

/** A table of tumbling windows over event time: a row for each length, window and distinct values of `by`. */
export interface Summary {
  table: string
  /** Lengths of the windows; they are counted from 2000-01-01 00:00 UTC. */
  minutes: number[]
  /** Columns whose values have windows of their own; none means one row a window. */
  by: string[]
  /** Numeric columns of which average, least and greatest are kept. */
  measures: string[]
}

export interface Source {
  kind: 'simulator' | 'json' | 'csv' | 'parquet'
  encoding: 'utf-8' | 'windows-1252'
  /** Header of a CSV file, in order. */
  columns: string[]
  delimiter: string
}

/** When records that land in the lake are flushed into an object, and how it is compressed. */
export interface Landing {
  flushMessageCount: number
  flushIntervalSeconds: number
  compression: 'none' | 'gzip' | 'zstd'
}

/** Where new and changed rows of the source are found: in the order of (watermark, key). */
export interface IncrementalLoad {
  /** `schema.table` of DATABASE_URL. */
  table: string
  watermarkColumn: string
  watermarkType: 'timestamp' | 'bigint'
  /** Where the first extraction starts; without it at the first row. */
  initialWatermarkValue?: string | number
  /** Columns that tell rows of one watermark apart. */
  key: string[]
  /** How far before the cursor rows are looked for that were committed late. */
  lagSeconds: number
}

/**
 * What becomes of a record whose fields are not the contract's.
 * - `drop`: its known fields are stored, the others are not.
 * - `evolve`: it is stored, its unknown fields beside it in the column `unknown_fields`; a contract that gains the field fills the new column
 *   from there.
 * - `quarantine`: it goes to the quarantine with the reason unknown_field.
 * - `freeze`: nothing of its batch is stored, and the batch comes back until the contract says otherwise (SCHEMA_FROZEN). One such record
 *   stops its partition: for producers that are under the same control as the contract.
 *
 * A value of another type and a required field that is missing are a reason under every policy but `freeze`, where they stop the batch too.
 * An optional field that is missing is null under each of them. Numbers in `unknown_fields` are doubles, as JSON readers have them.
 */
export type UnknownFields = 'evolve' | 'freeze' | 'quarantine' | 'drop'

export interface Contract {
  dataset: string
  version: string
  description: string
  file: string
  /** `compression` is what our producers do; a topic takes every kind. */
  topic: { name: string; partitions: number; compression: 'none' | 'gzip' }
  /** `operational` is DATABASE_URL, `timeseries` TIMESCALE_URL. */
  store: 'operational' | 'timeseries'
  /** Columns of a row in table order; `uniqueKey` leads with the time column where there is one (index locality). */
  table: { name: string; columns: Column[]; uniqueKey: string[]; defaulted: DefaultedColumn[] }
  quarantineTable: { name: string; extraColumns: Column[] }
  timeColumn?: string
  /** A record whose time is more than this before its Kafka timestamp is late. */
  latenessMs?: number
  /** A record whose time is more than this after its Kafka timestamp is in the future. */
  aheadMs?: number
  summaries: Summary[]
  /** Whether changed times are noted for the warehouse too, under the dataset `<dataset>:warehouse`. */
  warehouse: boolean
  /** Message fields whose values make the Kafka key. */
  recordKey: string[]
  source: Source
  fields: Field[]
  derived: Derived[]
  rules: RowRule[]
  unknownFields: UnknownFields
  /** A record whose key is there already: kept out, or put in the place of a row that says something else. */
  duplicates: 'keep' | 'replace'
  landing?: Landing
  incrementalLoad?: IncrementalLoad
  retentionDays?: number
  /** Shares (0 to 1) and sizes of the generator, by name. */
  generator: Record<string, number>
}

export interface Reason {
  /** Stable: `temperature_out_of_range`. */
  code: string
  field?: string
  /** For people: `Temperature out of range: -45.2°C`. */
  message: string
}

/**
 * A row holds strings, booleans, nulls, epoch milliseconds for timestamptz (with a fraction down to microseconds), numbers already rounded
 * to the column's scale for numeric (a decimal string above 15 digits), and the parsed value for jsonb.
 */
export type Verdict =
  | { valid: true; row: unknown[] }
  | {
      valid: false
      reasons: Reason[]
      /** The parsed message where jsonb can hold it, else undefined. */
      raw: unknown
      /** Values of `quarantineTable.extraColumns`, null where unusable. */
      extra: unknown[]
      /** The reason for which the policy `freeze` stops the batch; under other policies there is none. */
      frozen?: Reason
    }

export interface RawRecord {
  /** null is a tombstone. */
  value: Buffer | null
  /** The Kafka record's timestamp; negative when it has none. */
  timestampMs: number
  headers: (name: string) => Buffer | undefined
}

export type Validator = (record: RawRecord) => Verdict

/** Column as a catalog names it (`format_type`), for the migration planner. */
export interface CatalogColumn {
  table: string
  name: string
  type: string
  nullable: boolean
}

/** Constraint as `pg_get_constraintdef` shows it, for the migration planner. */
export interface CatalogConstraint {
  table: string
  name: string
  definition: string
}

/** One record of a file: its first physical line (from 1) and either JSON bytes or, with `unparsable`, the line's own bytes. */
export interface SourceRecord {
  line: number
  value: Buffer
  /** Values of the record key joined by '|'; absent where they could not be read. */
  key?: string
  unparsable?: string
}

/** One generated message; `line` and `unparsable` as in SourceRecord, where a generated file was read. */
export interface GeneratedRecord {
  key: string | null
  value: string | Buffer
  line?: number
  unparsable?: string
}

/** What the pipeline must make of generated records, counted while they are made. */
export interface Oracle {
  records: number
  valid: number
  quarantined: number
  duplicate: number
  /** Records by reason code; a record counts once for each of its reasons. */
  reasons: Record<string, number>
}
