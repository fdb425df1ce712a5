#!/usr/bin/env node
// What does `sluice` do before its first line of TypeScript can run?
import { prepare, root } from './prepare.mjs'

const code = await prepare()
if (code === undefined) {
  const { main } = await import('./dist/main.mjs')
  process.exitCode = await main(process.argv.slice(2), root)
} else {
  process.exitCode = code
}
