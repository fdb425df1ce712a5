// Which methods of Buffer does the hot path call that @types/node leaves out? They are on every Buffer of Node 20 to 24.
declare global {
  interface Buffer {
    base64Slice(start: number, end: number): string
    latin1Slice(start: number, end: number): string
    latin1Write(text: string, offset: number): number
  }
}

export {}
