// Does every contract follow the standard, not only what Sluice reads of it?
import { join } from 'node:path'
import Ajv2019, { type ErrorObject, type ValidateFunction } from 'ajv/dist/2019.js'
import addFormats from 'ajv-formats'
import type { ContractDocument, KeyPath } from './document'
import { nearest } from './identifiers'
import { contractFiles, contractsFolder, loadContracts, readContract, readText } from './load'
import schema from './odcs/odcs-json-schema-v3.1.0.json'
import type { Contract } from './types'

let compiled: ValidateFunction | undefined

/** The standard's schema marks nothing as a format that ajv does not know, but uses union types and defaults freely: hence not strict. */
function validate(): ValidateFunction {
  if (compiled) return compiled
  const ajv = new Ajv2019({ allErrors: true, strict: false, verbose: true })
  addFormats(ajv)
  return (compiled = ajv.compile(schema))
}

/**
 * `loadContracts` and the JSON Schema of ODCS 3.1 for each file: what start, doctor and the tests use.
 * @throws PipelineError CONTRACT_INVALID with file, line, key, value and remedy of every problem of the first bad file
 */
export function checkContracts(folder: string = contractsFolder()): Contract[] {
  for (const file of contractFiles(folder)) checkAgainstStandard(readContract(file, readText(join(folder, file))).document)
  return loadContracts(folder)
}

/** @throws PipelineError CONTRACT_INVALID */
export function checkAgainstStandard(document: ContractDocument): void {
  const check = validate()
  if (check(document.value)) return
  for (const error of check.errors ?? []) {
    // `if` only says that one of its branches failed, which is reported by itself.
    if (error.keyword !== 'if') document.problem(pathOf(error), textOf(error))
  }
  document.check()
}

function pathOf(error: ErrorObject): KeyPath {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map(part => (/^\d+$/.test(part) ? Number(part) : part))
  const extra = error.params['unevaluatedProperty'] ?? error.params['additionalProperty']
  return extra === undefined ? path : [...path, extra]
}

function textOf(error: ErrorObject): string {
  if (error.keyword === 'unevaluatedProperties' || error.keyword === 'additionalProperties') {
    const key = String(error.params['unevaluatedProperty'] ?? error.params['additionalProperty'])
    const near = nearest(key, standardNames())
    return `is no key of ODCS 3.1 at this place${near && near !== key ? `; did you mean ${near}?` : '; remove it'}`
  }
  if (error.keyword === 'enum') return `must be one of ${(error.params['allowedValues'] as string[]).join(', ')}`
  return error.message ?? error.keyword
}

/** Every property name that the standard's schema defines anywhere. */
function standardNames(): string[] {
  const names = new Set<string>()
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    for (const [key, value] of Object.entries(node)) {
      if (key === 'properties') for (const name of Object.keys(value as object)) names.add(name)
      visit(value)
    }
  }
  visit(schema)
  return [...names]
}
