// Is an address read as java.net.InetAddress reads it, on which AWS's matcher relies?
import { isIPv4, isIPv6 } from 'node:net'
import fc from 'fast-check'
import { addressBytes, isInBlock } from './ip-address'

test('every way to write an address gives the same bytes', () => {
  expect(addressBytes('010.0.000.1')).toEqual([10, 0, 0, 1])
  expect(addressBytes('::ffff:a00:1')).toEqual([10, 0, 0, 1])
  const loopback = [...Array(15).fill(0), 1]
  expect(['::1', '0:0:0:0:0:0:0:1', '0000::0001'].map(addressBytes)).toEqual([loopback, loopback, loopback])
  expect(addressBytes('2001:DB8::')).toEqual([0x20, 0x01, 0x0d, 0xb8, ...Array(12).fill(0)])
})

test('other text is no address', () => {
  const texts = [
    '',
    ':',
    ':::',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4.5',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    '::g',
    '::1.2.3.4',
    'a:b',
    ' ::1'
  ]
  expect(texts.filter(addressBytes)).toEqual([])
})

test('whatever Node takes for an address without a zone or a dotted tail is one', () => {
  fc.assert(fc.property(fc.ipV4(), text => isIPv4(text) === (addressBytes(text)?.length === 4)))
  fc.assert(fc.property(fc.ipV6(), text => text.includes('.') || (isIPv6(text) && addressBytes(text) !== undefined)))
})

test('a block holds the addresses of its family that share its first bits', () => {
  expect(isInBlock([10, 127, 0, 1], [10, 0, 0, 0], 9)).toBe(true)
  expect(isInBlock([10, 128, 0, 1], [10, 0, 0, 0], 9)).toBe(false)
  expect(isInBlock(addressBytes('::1')!, [0, 0, 0, 0], 0)).toBe(false)
})
