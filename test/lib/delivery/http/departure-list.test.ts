import t from 'tap'
import { DepartureList } from '#delivery/http/departure-list.ts'

t.test('members leave in any order', (t) => {
  for (const leaving of ['', 'a', 'b', 'c', 'ab', 'ba', 'ac', 'cb', 'abc', 'cba', 'bac', 'bb']) {
    const list = new DepartureList<string>()
    t.equal(list.isEmpty, true)
    const places = new Map(['a', 'b', 'c'].map((name) => [name, list.add(name)]))
    for (const name of leaving) places.get(name)?.leave()
    list.add('d')
    t.equal(list.isEmpty, false)
    const left = ['a', 'b', 'c', 'd'].filter((name) => !leaving.includes(name))
    t.strictSame(list.takeAll(), left, `without ${leaving}`)
    t.equal(list.isEmpty, true)
    for (const place of places.values()) place.leave()
    t.strictSame(list.takeAll(), [], 'once')
  }
  t.end()
})

t.test('whoever has left holds on to nothing', (t) => {
  const list = new DepartureList<string>()
  const [a, b, c] = [list.add('a'), list.add('b'), list.add('c')]
  b.leave()
  t.equal(b.value, undefined)
  t.equal(b.next, b)
  t.equal(a.next, c)
  list.takeAll()
  t.equal(a.value, undefined)
  t.equal(a.next, a)
  t.end()
})
