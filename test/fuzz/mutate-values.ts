const VALUE = /(?<=[:,[{] ?)(?:"[^"\n]*"|[\w./:-]+)(?=[,}\]\n])/g

const VALUES = [
  ...['""', '" "', '"0"', '"-1"', '0', '-1', '1.5', '1e999', '.inf', 'true', 'null', '{}', '[]'],
  ...['[{}]', '[null]', '[[]]', '{exact: {}}', '{not: {}}', '{a: null}', '{__proto__: {a: b}}'],
  ...['PT0S', 'PT0.0001S', 'P99999D', 'P1Y', '-PT1S', 'PT', '10Ei', '1m', '9007199254740993'],
  ...['"1e3"', '"0x10"', '"\\u0000"', '"\\ud800"', '"é"', '"a\\r\\nb: c"', '"%"', '"../x"'],
  ...[
    '2025-02-30T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '"http://"',
    '"ftp://x/"',
    '"http://x:99999/"',
  ],
  ...[
    '"http://a b/"',
    '"/x"',
    '"//x"',
    'earliest',
    'knative-group',
    'raw',
    'exponential',
    'default',
  ],
  ...['"NOT"', '"((("', '"\'"', '"EXISTS a AND"', '"LENGTH()"', '"1/0 = 1"', '"a LIKE \'%\'"'],
  ...[
    `"${'('.repeat(200)}1${')'.repeat(200)}"`,
    `"${'NOT '.repeat(2000)}a"`,
    `"${'x'.repeat(5000)}"`,
  ],
]

/**
 * Puts one or two other values into YAML, where it goes on being YAML. `random` gives numbers from
 * 0 up to below 1.
 */
export function mutateValues(text: string, random: () => number): string {
  let mutated = text
  for (let count = random() < 0.5 ? 1 : 2; count > 0; count--) {
    const places = [...mutated.matchAll(VALUE)]
    const place = places[Math.floor(random() * places.length)]
    if (place === undefined) return mutated
    const value = VALUES[Math.floor(random() * VALUES.length)] ?? ''
    mutated = mutated.slice(0, place.index) + value + mutated.slice(place.index + place[0].length)
  }
  return mutated
}
