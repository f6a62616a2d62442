import fc from 'fast-check';

/** What is made at random, with a seed that the test prints: texts that people might write, and texts that only nearly look so. */

export const SEED = Number(process.env['ORDOTEST_SEED'] ?? 20261120);

export const sample = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number): T[] =>
  fc.sample(arbitrary, { seed: SEED, numRuns });

export const KEYS =
  'on off yes n ~ null 1 007 0x10 1.10 1e3 -5 true a.b a/b <<x "1" "on" 2026-11-20 !foo "" .5 0o7 1_0 1:30 ä 😀'.split(
    ' ',
  );

const ODD =
  'y Y yes Yes YES yEs n N no NO on On ON oN off OFF true True TRUE tRue false null Null NULL nUll ~ .inf -.Inf +.INF .nan .NaN .nAn << = . .. - + e1 1e 1e5 1E-3 1234e56 1234e567 -1e999 1:30 1:30:15 2026-11-20 2026-11-20T10:00:00Z 18446744073709551615 18446744073709551616 9223372036854775807 9223372036854775808 -9223372036854775808 9007199254740992 9007199254740993 0777777777777777777777777 0xFFFFFFFFFFFFFFFFF 0b-101 0b+1 -0 +0 0.0 -0.0 00 0_0 ._1 .1_0 .1_ 1_ 0x_1'.split(
    ' ',
  );

/** Texts that look like numbers, booleans and nulls, and some that only nearly do. */
const scalar = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'0123456789abefxXoOBE+-._:'.split('')), minLength: 1, maxLength: 9 }),
  fc.string({ unit: fc.constantFrom(...'01279e.-+_'.split('')), minLength: 1, maxLength: 24 }),
  fc
    .tuple(
      fc.constantFrom('', '+', '-'),
      fc.constantFrom('0x', '0X', '0b', '0B', '0o', '0O', '0', ''),
      fc.stringMatching(/^[0-9a-fA-F_]{1,20}$/),
    )
    .map((parts) => parts.join('')),
  fc.constantFrom(...ODD),
);

const isPlain = (text: string): boolean => !/^[-:]$|:$|^-\.?-|^---|^\.\.\./.test(text);

export const scalars = (count: number): string[] => [...new Set([...ODD, ...sample(scalar, count)])].filter(isPlain);

const TAGS = ['!', '!foo', '!!str', '!!int', '!!float', '!!bool', '!!null', '!!binary', '!<tag:example.com,2026:x>'];

export const tagged = (count: number): string[] =>
  sample(fc.tuple(fc.constantFrom(...TAGS), fc.oneof(scalar, fc.base64String({ maxLength: 12 }))), count)
    .filter(([, text]) => isPlain(text) && text !== '')
    .map(([tag, text]) => `${tag} ${text}`);

const pair = fc
  .tuple(fc.constantFrom('p', 'q', 'r', 's', '1', 'on'), fc.constantFrom('1', 'x', '*a', '{q: *b}', '~'))
  .map(([key, value]) => `${key}: ${value}`);
const merge = fc
  .constantFrom('*a', '*b', '[*a, *b]', '[*b, *a]', '{r: 7, s: 8}', '[*a, {p: 9}]')
  .map((source) => `<<: ${source}`);

/** Two anchors, and a mapping that takes them in at any place of it; keys may stand twice. Not as 1 and as "1": to kubectl these
 * are two keys at first and one in the end, and chance says which. */
export const mappings = (count: number): string[] =>
  sample(fc.tuple(fc.array(pair, { maxLength: 4 }), merge, fc.array(pair, { maxLength: 4 })), count).map(
    ([above, source, below]) =>
      `a: &a {p: 1, q: 2, 1: 3}\nb: &b {q: 4, r: 5, true: 6}\nx:\n${[...above, source, ...below].map((line) => `  ${line}\n`).join('')}`,
  );
