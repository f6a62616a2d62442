import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { decodeText, parseDocuments } from '../../src/manifests/documents.ts';

/** The values of a text in which nothing is wrong. */
function valuesOf(text: string): unknown[] {
  return parseDocuments(text).flatMap((parsed) => {
    assert.ok(!('error' in parsed), JSON.stringify(parsed));
    assert.deepEqual(parsed.unread, []);
    return parsed.values;
  });
}

function errorOf(text: string): string {
  const [parsed, ...more] = parseDocuments(text);
  assert.ok(parsed && 'error' in parsed && more.length === 0, JSON.stringify([parsed, ...more]));
  return parsed.error;
}

/** What kubectl makes of a value (libraries' table of dialects). */
const dialect: [text: string, value: unknown][] = [
  ['[on, yes, y, Y, Yes, ON, true, True]', Array(8).fill(true)],
  ['[off, no, n, N, No, OFF, false, FALSE]', Array(8).fill(false)],
  ['[yEs, oN, nO, tRUE, "on", "y"]', ['yEs', 'oN', 'nO', 'tRUE', 'on', 'y']],
  ['{on: 1}', { true: 1 }],
  ['[0644, 0o644, 0888, 00012345, -010]', [420, 420, 888, 5349, -8]],
  ['[0b101, 0B11, 1_000, 0x1F, 0X1f, +5, -0]', [5, 3, 1000, 31, 31, 5, 0]],
  ['[1:30, 2026-11-20, 2026-11-20T10:00:00Z]', ['1:30', '2026-11-20', '2026-11-20T10:00:00Z']],
  ['[1e3, 1234e56, 1.10, .5, 5., -1.5e-3, 1__0]', [1000, 1.234e59, 1.1, 0.5, 5, -0.0015, 10]],
  [
    '[1234e567, 0x1FFFFFFFFFFFFFFFFF, ._1, .1_, _1, 1e, e1, 0x, 0b2, "1"]',
    ['1234e567', '0x1FFFFFFFFFFFFFFFFF', '._1', '.1_', '_1', '1e', 'e1', '0x', '0b2', '1'],
  ],
  ['[18446744073709551615, 99999999999999999999]', [Number('18446744073709551615'), 1e20]],
  ['[~, null, Null, NULL, nUll]', [null, null, null, null, 'nUll']],
  ['{a: &b {x: 1}, c: {<<: *b, z: 2}}', { a: { x: 1 }, c: { x: 1, z: 2 } }],
  [
    '{a: &a {p: 1, q: 2}, b: &b {q: 3}, c: {p: 0, <<: [*a, *b], q: 4}}',
    { a: { p: 1, q: 2 }, b: { q: 3 }, c: { p: 1, q: 4 } },
  ],
  ['{a: &a {p: 1}, b: {p: 2, <<: *a, p: 3}}', { a: { p: 1 }, b: { p: 3 } }],
  ['[9007199254740992, -9007199254740992]', [2 ** 53, -(2 ** 53)]],
  ['["\\U0001F600\\e\\_", \'\\ud83d\', \\ud83d, "\\\\ud83d"]', ['😀\u001b\u00a0', '\\ud83d', '\\ud83d', '\\ud83d']],
  ['[!foo bar, !!str 12, !!binary aGVsbG8=, ! 12, !!float 3]', ['bar', '12', 'hello', '12', 3]],
  ['[!foo [1], !bar {a: 1}, !!set {a}]', [[1], { a: 1 }, { a: null }]],
  ['{__proto__: {a: 1}, constructor: 2}', JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}')],
  ['{1: a, 1.10: b, true: c}', { 1: 'a', 1.1: 'b', true: 'c' }],
];

for (const [text, value] of dialect) {
  test(`dialect: ${text}`, () => {
    assert.deepEqual(valuesOf(text), [value]);
  });
}

describe('documents', () => {
  const cases: [name: string, text: string, values: unknown[]][] = [
    ['one without dashes', 'a: 1\n', [{ a: 1 }]],
    ['several', 'a: 1\n---\nb: 2\n---\nc: 3', [{ a: 1 }, { b: 2 }, { c: 3 }]],
    ['dashes before the first and after the last', '---\na: 1\n---\nb: 2\n---\n', [{ a: 1 }, { b: 2 }]],
    ['#25 comments and nothing else', '# one\n---\n# two\n---\na: 1\n', [{ a: 1 }]],
    ['empty ones', '\n\n---\n\n---\n  \n---\na: 1\n', [{ a: 1 }]],
    ['nothing at all', '', []],
    ['a comment behind the dashes', '--- # first\na: 1\n---   \t# second\nb: 2', [{ a: 1 }, { b: 2 }]],
    ['dashes in a block of text', 'a: |\n  ---\n  b\n', [{ a: '---\nb\n' }]],
    ['CRLF', '--- # c\r\na: 1\r\nb: |\r\n  x\r\n  y\r\n---\r\nc: 3\r\n', [{ a: 1, b: 'x\ny\n' }, { c: 3 }]],
    ['JSON, with tabs', '{\n\t"a": [1, "\\u00e4\\ud83d\\ude00"],\n\t"b": {}\n}\n', [{ a: [1, 'ä😀'], b: {} }]],
    ['JSON with its indentation and escapes', '\n  {\n"a": "\\/\\ud83d\\ude00"}\n---\nb: 2', [{ a: '/😀' }, { b: 2 }]],
    ['null as a whole document', 'null\n---\n~\n---\na: 1\n', [{ a: 1 }]],
  ];
  for (const [name, text, values] of cases) {
    it(name, () => {
      assert.deepEqual(valuesOf(text), values);
    });
  }

  it('are numbered as people count, and each stands alone', () => {
    const parsed = parseDocuments('a: 1\n---\n# nothing\n---\nb: [\n---\nc: 3\n');
    assert.deepEqual(
      parsed.map((one) => [one.document, 'error' in one ? 'error' : one.values]),
      [
        [1, [{ a: 1 }]],
        [3, 'error'],
        [4, [{ c: 3 }]],
      ],
    );
  });

  it('behind "..." are not read by kubectl: they are told apart', () => {
    assert.deepEqual(parseDocuments('a: 1\n...\nb: 2\n...\n'), [
      { document: 1, values: [{ a: 1 }], unread: [{ b: 2 }], warnings: [] },
    ]);
  });

  it('with a key twice: the last one counts, with a warning', () => {
    assert.deepEqual(parseDocuments('a: 1\nb: 2\na: 3\n'), [
      {
        document: 1,
        values: [{ a: 3, b: 2 }],
        unread: [],
        warnings: ['duplicated mapping key (line 3, column 1): the last one counts, as kubectl has it'],
      },
    ]);
  });
});

describe('text', () => {
  it('is UTF-8, or UTF-16 with its mark; the mark is no part of it', () => {
    const mark = '\uFEFFa: ä';
    assert.equal(decodeText(Buffer.from('a: ä', 'utf8')), 'a: ä');
    assert.equal(decodeText(Buffer.from(mark, 'utf8')), 'a: ä');
    assert.equal(decodeText(Buffer.from(mark, 'utf16le')), 'a: ä');
    assert.equal(decodeText(Buffer.from(mark, 'utf16le').swap16()), 'a: ä');
    assert.equal(decodeText(new Uint8Array()), '');
  });
});

describe('errors', () => {
  const cases: [text: string, reason: RegExp][] = [
    ['a: [\n', /\(line 2, column 1\)$/],
    ['a: b: c', /\(line 1, column 5\)$/],
    ['%YAML 1.1', /^kubectl does not take YAML directives/],
    ['--- a: 1', /^nothing but a comment may follow/],
    ['---- a', /^nothing but a comment may follow/],
    ['a: .inf', /^infinity and NaN are no JSON.*line 1/],
    ['- 1\n- .nan', /^infinity and NaN are no JSON/],
    ['a: 9007199254740993', /^a number above 2\^53 would lose digits.*line 1/],
    ['- -9007199254740993', /^a number above 2\^53/],
    ['~: 1', /^a key is null.*line 1/],
    ['a: "\\x7f"', /^the API server takes no control characters.*line 1/],
    ['a: "\\N"', /^the API server takes no control characters/],
    ['- "\\uFFFF"', /^the API server takes no control characters/],
    ['"\\x80": 1', /^the API server takes no control characters/],
    ['? [a]\n: 1', /complex keys/],
    ['a: "\\/"', /^kubectl does not take an escape.*line 1/],
    ['a: "x \\ud83d\\ude00"', /^kubectl does not take an escape/],
    ['---\n{"a": "\\ud83d\\ude00"}', /^kubectl does not take an escape/],
    ['{"a": "\\ud83d"}', /^kubectl does not take an escape/],
    ['a: "\\U00110000"', /^kubectl does not take an escape/],
    ['a: !!float 9223372036854775808', /^the value is not what its tag says/],
    ['a: 1\u0000', /null byte/],
    ['a: \u0007', /non-printable/],
    ['a: 1 # x\u2028b: 2', /U\+2028/],
    ['a: x\u0085b: 2', /U\+0085/],
    ['a: &x [*x]', /aliases unfold to too much/],
    ['a: &x {b: *x}', /aliases unfold to too much/],
    [`a: ${'['.repeat(200)}`, /maxDepth/],
    ['a: !!binary "***"', /^the value is not what its tag says/],
  ];
  for (const [text, reason] of cases) {
    it(`name the reason: ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.match(errorOf(text), reason);
    });
  }

  it('never quote the text: it may hold secrets', () => {
    const texts = [
      'token: *hunter2',
      'token: !hunter2"x" [',
      'token: !<hunter2> {',
      'token: !h!hunter2 x',
      'token: !hun|ter2 x\nhunter2: [',
      'token: "hunter2\\q"',
      'hunter2: hunter2: hunter2',
      '&hunter2 &hunter2 a',
      '{hunter2: hunter2',
      '- hunter2\nhunter2: 1',
      '%TAG hunter2',
      '--- hunter2',
      'a: !!int hunter2',
      'a: !!binary hunter2',
      '{hunter2: 1, hunter2: [}',
    ];
    for (const text of texts) assert.doesNotMatch(errorOf(text), /hunter|ter2/, text);
  });

  it('end an alias bomb, of nodes or of text', () => {
    const levels = Array.from({ length: 9 }, (_, level) => {
      const items = level === 0 ? '"lol"' : `*a${level - 1}`;
      return `a${level}: &a${level} [${Array(9).fill(items).join(', ')}]`;
    });
    assert.match(errorOf(levels.join('\n')), /aliases/);
    const text = `a: &a ${'x'.repeat(100_000)}\nb: [${Array(99).fill('*a').join(', ')}]`;
    assert.match(errorOf(text), /aliases unfold to too much/);
  });

  it('leave aliases of the usual size alone, each with a copy of its own', () => {
    const [value] = valuesOf('a: &a {x: 1}\nb: *a\nc: *a\n') as [Record<string, { x: number }>];
    assert.deepEqual(value, { a: { x: 1 }, b: { x: 1 }, c: { x: 1 } });
    assert.notEqual(value['a'], value['b']);
  });
});
