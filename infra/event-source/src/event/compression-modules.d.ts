// Types of the pure-JavaScript decompressors that ship none.
declare module 'lz4js' {
  export function compress(data: Uint8Array): Uint8Array
  export function decompress(data: Uint8Array, sizeMax?: number): Uint8Array
}
declare module 'snappyjs' {
  export function compress(data: Uint8Array): Uint8Array
  export function uncompress(data: Uint8Array, sizeMax?: number): Uint8Array
}
