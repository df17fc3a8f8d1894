// Each field kind: what it reads and writes, which fault it gives and where, and what it refuses to write.

import assert from 'node:assert/strict'
import {describe as group, test} from 'node:test'
import {
  bytes,
  choice,
  closedEnumOf,
  constant,
  type DecodeCode,
  decode,
  encode,
  enumOf,
  type Field,
  format,
  framed,
  ignored,
  list,
  listToEnd,
  optional,
  rest,
  span,
  struct,
  tagged,
  textToEnd,
  textToNul,
  u8,
  u16,
  u32,
  u64,
  variant,
  zeros
} from '../../../src/codec/codec.ts'
import {BugError} from '../../../src/fault/fault.ts'
import {hex} from '../../support/hex.ts'

const spec = 'none'

/** A field alone, so that its path in faults is empty. */
function reads<Out, In>(field: Field<Out, In>, digits: string, value: Out): void {
  const decoded = decode(format('field', {spec}, field), hex(digits))
  assert.ok(decoded.ok, digits)
  assert.deepEqual(decoded.value, value)
}

function writes<Out, In>(field: Field<Out, In>, value: In, digits: string): void {
  assert.deepEqual(encode(format('field', {spec}, field), value), hex(digits))
}

function faults<Out, In>(field: Field<Out, In>, digits: string, code: DecodeCode, at = 0, path = ''): void {
  const decoded = decode(format('field', {spec}, field), hex(digits))
  assert.ok(!decoded.ok, `${digits} decodes`)
  assert.deepEqual(decoded.fault, {code, blame: 'peer', data: {format: 'field', path, at}})
}

function refuses<Out, In>(field: Field<Out, In>, value: In): void {
  assert.throws(() => encode(format('field', {spec}, field), value), BugError)
}

group('integers', () => {
  test('are in network order', () => {
    reads(u8, 'ff', 255)
    reads(u16, '0102', 0x0102)
    reads(u32, 'fffefdfc', 0xfffefdfc)
    reads(u64, 'ff00000000000001', 0xff00000000000001n)
    writes(u8, 255, 'ff')
    writes(u16, 0x0102, '0102')
    writes(u32, 0xfffefdfc, 'fffefdfc')
    writes(u64, 0xff00000000000001n, 'ff00000000000001')
  })

  test('that are cut off are truncated', () => {
    faults(u8, '', 'truncated')
    faults(u16, '01', 'truncated')
    faults(u32, '010203', 'truncated')
    faults(u64, '01020304050607', 'truncated')
  })

  test('out of range are not written', () => {
    for (const value of [-1, 256, 0.5, Number.NaN]) refuses(u8, value)
    refuses(u16, 0x10000)
    refuses(u32, 2 ** 32)
    refuses(u64, -1n)
    refuses(u64, 1n << 64n)
  })
})

group('named numbers', () => {
  const Colour = {RED: 1, BLUE: 2} as const

  test('that are not known survive in an open set', () => {
    reads(enumOf(u16, Colour), '0001', Colour.RED)
    reads(enumOf(u16, Colour), '0777', 0x777)
    writes(enumOf(u16, Colour), 0x777, '0777')
  })

  test('that are not known are a fault in a closed set', () => {
    reads(closedEnumOf(u8, Colour), '02', Colour.BLUE)
    faults(closedEnumOf(u8, Colour), '03', 'bad-enum')
    faults(closedEnumOf(u8, Colour), '', 'truncated')
    refuses(closedEnumOf(u8, Colour) as Field<number>, 3)
  })
})

group('fields without a value', () => {
  test('a constant has one value', () => {
    reads(struct({version: constant(u8, 1)}), '01', {})
    faults(constant(u8, 1), '00', 'bad-constant')
    faults(constant(u16, 1), '00', 'truncated')
    writes(constant(u16, 1), undefined, '0001')
  })

  test('reserved octets are zero', () => {
    reads(struct({reserved: zeros(3)}), '000000', {})
    faults(zeros(3), '000001', 'reserved-nonzero')
    faults(zeros(3), '0000', 'truncated')
    writes(zeros(3), undefined, '000000')
  })

  test('what is ignored may be anything and is not written', () => {
    reads(struct({later: ignored()}), 'abcdef', {})
    writes(ignored(), undefined, '')
  })
})

group('octets', () => {
  test('of fixed size', () => {
    reads(bytes(2), '0102', hex('0102'))
    faults(bytes(3), '0102', 'truncated')
    faults(bytes(1), '0102', 'trailing', 1)
    refuses(bytes(2), hex('010203'))
  })

  test('behind a length', () => {
    reads(bytes(u16), '0002aabb', hex('aabb'))
    writes(bytes(u16), hex('aabb'), '0002aabb')
    faults(bytes(u16), '0003aabb', 'length-exceeds')
    faults(bytes(u16), '00', 'truncated')
    refuses(bytes(u8), new Uint8Array(256))
  })

  test('behind a length with bounds', () => {
    const field = bytes(u8, {min: 2, max: 3})
    reads(field, '02aabb', hex('aabb'))
    faults(field, '01aa', 'truncated')
    faults(field, '04aabbccdd', 'length-exceeds')
    refuses(field, hex('aa'))
    refuses(field, hex('aabbccdd'))
  })

  test('to the end, but for what must follow', () => {
    reads(rest(), '', hex(''))
    faults(rest({min: 2}), '01', 'truncated')
    refuses(rest({min: 2}), hex('01'))
    const sealed = struct({text: rest({keep: 2}), mac: bytes(2)})
    reads(sealed, '0102aabb', {text: hex('0102'), mac: hex('aabb')})
    reads(sealed, 'aabb', {text: hex(''), mac: hex('aabb')})
    faults(sealed, 'aa', 'truncated', 0, 'text')
  })

  test('are views of what was decoded', () => {
    const octets = hex('0001aa')
    const decoded = decode(format('field', {spec}, bytes(u16)), octets)
    assert.ok(decoded.ok)
    octets[2] = 0xbb
    assert.deepEqual(decoded.value, hex('bb'))
  })
})

group('text', () => {
  test('to a NUL', () => {
    reads(textToNul, '414200', 'AB')
    writes(textToNul, 'AB', '414200')
    faults(textToNul, '4142', 'truncated')
    faults(textToNul, '410a00', 'bad-text')
    faults(textToNul, 'c3a900', 'bad-text')
    refuses(textToNul, 'A\0B')
  })

  test('does not look for its NUL beyond its window', () => {
    faults(struct({inner: framed(u8, textToNul), after: u8}), '024142' + '00', 'truncated', 1, 'inner')
  })

  test('to the end', () => {
    reads(textToEnd, '4142', 'AB')
    reads(textToEnd, '', '')
    faults(textToEnd, '4100', 'bad-text')
    refuses(textToEnd, 'é')
  })
})

group('lists', () => {
  const pair = struct({a: u8, b: u8})

  test('behind a count', () => {
    reads(list(u8, pair), '0201020304', [
      {a: 1, b: 2},
      {a: 3, b: 4}
    ])
    writes(list(u8, pair), [{a: 1, b: 2}], '010102')
    faults(list(u8, bytes(u8)), '02010001', 'length-exceeds', 3, '[1]')
    refuses(
      list(u8, u8),
      Array.from({length: 256}, () => 0)
    )
  })

  test('that cannot have as many items as they claim are refused before the first one is read', () => {
    faults(list(u16, pair), 'ffff01020304', 'count-exceeds')
  })

  test('to the end', () => {
    reads(listToEnd(u16), '00010002', [1, 2])
    reads(listToEnd(u16), '', [])
    faults(listToEnd(u16), '000100', 'truncated', 2, '[1]')
  })
})

test('an optional field is left out or whole', () => {
  const field = struct({a: u8, b: optional(u16)})
  reads(field, '01', {a: 1, b: undefined})
  reads(field, '010002', {a: 1, b: 2})
  faults(field, '0100', 'truncated', 1, 'b')
  writes(field, {a: 1}, '01')
  writes(field, {a: 1, b: 2}, '010002')
})

test('a framed field fills its frame, and a length may leave out some of it', () => {
  const field = framed(u16, struct({type: u8, body: rest()}), 1)
  reads(field, '000205aabb', {type: 5, body: hex('aabb')})
  writes(field, {type: 5, body: hex('aabb')}, '000205aabb')
  faults(framed(u8, u8), '020102', 'trailing', 2)
  faults(framed(u8, u16), '0101', 'truncated', 1)
  faults(framed(u8, u8), '0201', 'length-exceeds', 1)
})

test('a span gives the raw octets of a run of fields and is not written', () => {
  const field = struct({a: u8, covered: span('a', 'b'), b: bytes(u8), c: u8})
  reads(field, '0102aabb03', {a: 1, b: hex('aabb'), c: 3, covered: hex('0102aabb')})
  writes(field, {a: 1, b: hex('aabb'), c: 3}, '0102aabb03')
})

group('a tagged union', () => {
  const forms = {
    short: variant(1, {value: u16}),
    list: variant(2, {items: listToEnd(u8)})
  }
  const field = tagged({tag: u8, length: u8}, forms)

  test('reads the form that its number names', () => {
    reads(field, '01020304', {kind: 'short', value: 0x0304})
    reads(field, '02020304', {kind: 'list', items: [3, 4]})
    writes(field, {kind: 'short', value: 0x0304}, '01020304')
    writes(field, {kind: 'list', items: [3, 4]}, '02020304')
  })

  test('keeps a number that it does not know', () => {
    reads(field, '0902aabb', {kind: 'unknown', tag: 9, body: hex('aabb')})
    writes(field, {kind: 'unknown', tag: 9, body: hex('aabb')}, '0902aabb')
  })

  test('refuses a body that does not fit', () => {
    faults(field, '0103aabbcc', 'trailing', 4)
    faults(field, '0101aa', 'truncated', 2, 'short.value')
    faults(field, '0105aa', 'length-exceeds', 1)
    refuses(field, {kind: 'list', items: Array.from({length: 256}, () => 0)})
  })

  test('keeps a body that does not fit where it may', () => {
    const lenient = tagged({tag: u8, length: u8, misfit: 'raw'}, forms)
    reads(lenient, '0103aabbcc', {kind: 'unknown', tag: 1, body: hex('aabbcc')})
    reads(lenient, '0101aa', {kind: 'unknown', tag: 1, body: hex('aa')})
    reads(listToEnd(lenient), '0101aa01020304', [
      {kind: 'unknown', tag: 1, body: hex('aa')},
      {kind: 'short', value: 0x0304}
    ])
    faults(lenient, '0105aa', 'length-exceeds', 1)
  })
})

test('a choice reads what its octets look like and refuses to write what would be read otherwise', () => {
  const field = choice(octets => (octets.length === 0 ? 'none' : octets[0] === 0 ? 'zero' : 'some'), {
    none: {},
    zero: {marker: zeros(1), value: u8},
    some: {value: u16}
  })
  reads(field, '', {kind: 'none'})
  reads(field, '0007', {kind: 'zero', value: 7})
  reads(field, '0700', {kind: 'some', value: 0x0700})
  writes(field, {kind: 'none'}, '')
  writes(field, {kind: 'zero', value: 7}, '0007')
  refuses(field, {kind: 'some', value: 7})
  faults(field, '00', 'truncated', 1, 'value')
})
