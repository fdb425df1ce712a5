// How does a test run another program to its end, and know whether it is installed?
import { spawn, spawnSync } from 'node:child_process'

export interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs a program with `input` on its standard input. */
export function run(program: string, args: string[], input = '', env = process.env): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', text => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', text => (stderr += text))
    child.on('error', reject)
    child.on('close', code => resolve({ code, stdout, stderr }))
    // a program that ends before it has read everything says so by its exit code
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

export function isInstalled(program: string, ...args: string[]): boolean {
  return spawnSync(program, args).status === 0
}
