// Which bytes does the text of an IP address stand for, and which addresses does a CIDR block hold?

const IPV4 = /^\d+\.\d+\.\d+\.\d+$/
const IPV6 = /^[0-9a-fA-F:]*:[0-9a-fA-F:]*$/
const IPV4_TEXT_LENGTH_MAX = 15
const GROUPS = 8

/**
 * The 4 or 16 bytes of an address, undefined for any other text. Octets are decimal, leading zeros included; an IPv4 address
 * mapped into IPv6 is the IPv4 address, as in java.net.InetAddress, which AWS's matcher uses.
 */
export function addressBytes(text: string): number[] | undefined {
  if (IPV4.test(text)) {
    const octets = text.split('.').map(Number)
    return text.length <= IPV4_TEXT_LENGTH_MAX && octets.every(octet => octet <= 255) ? octets : undefined
  }
  return IPV6.test(text) ? ipv6Bytes(text) : undefined
}

function ipv6Bytes(text: string): number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map(half => (half === '' ? [] : half.split(':'))) as [string[], string[] | undefined]
  const missing = GROUPS - head.length - (tail?.length ?? 0)
  if (tail ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...Array<string>(tail ? missing : 0).fill('0'), ...(tail ?? [])]
  if (!groups.every(group => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined
  const bytes = groups.flatMap(group => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
  const isMapped = bytes.slice(0, 10).every(byte => byte === 0) && bytes[10] === 255 && bytes[11] === 255
  return isMapped ? bytes.slice(12) : bytes
}

/** Whether the address lies in the block: same family, and the first `bits` bits are those of `base`. */
export function isInBlock(address: readonly number[], base: readonly number[], bits: number): boolean {
  if (address.length !== base.length) return false
  const whole = bits >> 3
  for (let index = 0; index < whole; index++) if (address[index] !== base[index]) return false
  const rest = bits & 7
  return rest === 0 || (address[whole]! ^ base[whole]!) >> (8 - rest) === 0
}
