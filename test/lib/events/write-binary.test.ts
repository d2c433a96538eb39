import t from 'tap'
import { percentEncode } from '#events/percent-encode.ts'
import { writeBinary } from '#events/write-binary.ts'
import { anEvent } from '../../support/an-event.ts'

t.test('writeBinary() percent-encodes exactly what H7 says', async (t) => {
  const headers = writeBinary(anEvent({ subject: 'Euro € 😀' }))

  t.same(headers.slice(-2), ['ce-subject', 'Euro%20%E2%82%AC%20%F0%9F%98%80'])
})

t.test('writeBinary() puts content-type last and verbatim (H4)', async (t) => {
  const headers = writeBinary(
    anEvent({ datacontenttype: 'TEXT/Plain; CharSet=utf-8', ext: 'a' }, 'x'),
  )

  t.same(headers.slice(-4), ['ce-ext', 'a', 'content-type', 'TEXT/Plain; CharSet=utf-8'])
})

t.test('percentEncode() leaves U+0021 to U+007E but for two as they are (H7)', async (t) => {
  for (let code = 0; code < 0x80; code++) {
    const character = String.fromCharCode(code)
    const isKept = code >= 0x21 && code <= 0x7e && character !== '"' && character !== '%'
    const hex = code.toString(16).toUpperCase().padStart(2, '0')
    t.equal(percentEncode(`a${character}b`), isKept ? `a${character}b` : `a%${hex}b`)
  }
  t.equal(percentEncode('\u0080\u07ff\u0800\u{10fffd}'), '%C2%80%DF%BF%E0%A0%80%F4%8F%BF%BD')
})
