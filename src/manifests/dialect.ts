import {
  NOT_RESOLVED,
  Schema,
  boolYaml11Tag,
  defineScalarTag,
  mapTag,
  mergeTag,
  nullCoreTag,
  seqTag,
  strTag,
} from 'js-yaml';
import { fromBase64 } from './base64.ts';

const STARTS_LIKE_A_NUMBER = /^[-+.0-9]/;
const INTEGER = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*|0)$/;
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
/** After a leading dot Go's own parser reads the number, and wants underscores between digits. */
const DOT_FLOAT = /^\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?$/;

const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;

const integerTag = defineScalarTag('tag:yaml.org,2002:int', {
  implicit: true,
  identify: Number.isInteger,
  resolve(source) {
    if (!STARTS_LIKE_A_NUMBER.test(source)) return NOT_RESOLVED;
    // `0b-101` is -5 in Go, by an oversight that cannot change any more.
    const plain = source.replaceAll('_', '').replace(/^0b([-+])/, '$10b');
    const match = INTEGER.exec(plain);
    const digits = match?.[2];
    if (!match || digits === undefined) return NOT_RESOLVED;
    // A leading zero means octal, as in YAML 1.1: 0644 is 420.
    const size = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase());
    const value = match[1] === '-' ? -size : size;
    if (value < -INT64_MAX - 1n || value > (match[1] === '' ? UINT64_MAX : INT64_MAX)) return NOT_RESOLVED;
    // Above int64 kubectl has a float too; below, what would lose digits stays whole here, to be refused with its place.
    return value <= INT64_MAX && String(Number(value)) !== String(value) ? value : Number(value);
  },
});

const floatTag = defineScalarTag('tag:yaml.org,2002:float', {
  implicit: true,
  identify: (value) => typeof value === 'number',
  resolve(source, isExplicit) {
    if (!STARTS_LIKE_A_NUMBER.test(source)) return NOT_RESOLVED;
    const whole = isExplicit ? integerTag.resolve(source, true, integerTag.tagName) : NOT_RESOLVED;
    // Between int64 and uint64 kubectl has no float for a number that says it is one.
    if (whole !== NOT_RESOLVED) return Number(whole) < 2 ** 63 ? whole : NOT_RESOLVED;
    const plain = source.replaceAll('_', '');
    const isFloat = source.startsWith('.') ? DOT_FLOAT.test(source) : FLOAT.test(plain);
    // Out of range is text: 1234e567 may be a short commit SHA.
    if (isFloat) return Number.isFinite(Number(plain)) ? Number(plain) : NOT_RESOLVED;
    if (/^[-+]?\.(inf|Inf|INF)$/.test(source)) return source.startsWith('-') ? -Infinity : Infinity;
    return /^\.(nan|NaN|NAN)$/.test(source) ? NaN : NOT_RESOLVED;
  },
});

const binaryTag = defineScalarTag('tag:yaml.org,2002:binary', {
  identify: () => false,
  resolve(source) {
    const plain = source.replaceAll(/[\r\n]/g, '');
    const text = plain.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(plain) ? fromBase64(plain) : '\uFFFD';
    // Bytes that are no text would not come out of JSON as they went in.
    return text.includes('\uFFFD') ? NOT_RESOLVED : text;
  },
});

/** Tags that nobody defined say nothing, and the value is taken as it stands. */
const anyTag = { tagName: '', matchByTagPrefix: true };

/**
 * The API server reads what is applied on its side as YAML, also where it is JSON. There these have to be escapes, which
 * kubectl does not write: most are refused, U+0085 becomes a space.
 */
// oxlint-disable-next-line no-control-regex
const NOT_APPLIED = /[\u007f-\u009f\ufffe\uffff]/;

/** Why a value cannot be sent to the API server as JSON; '' when it can. */
function refuse(value: unknown): string {
  if (typeof value === 'string' && NOT_APPLIED.test(value))
    return 'the API server takes no control characters in a server-side apply; use binaryData or base64';
  if (typeof value === 'bigint') return 'a number above 2^53 would lose digits; quote it';
  return typeof value === 'number' && !Number.isFinite(value) ? 'infinity and NaN are no JSON; quote them' : '';
}

const list: typeof seqTag = {
  ...seqTag,
  addItem: (items, item, index) => refuse(item) || seqTag.addItem(items, item, index),
};
const mapping: typeof mapTag = {
  ...mapTag,
  addPair: (container, key, value) =>
    (key === null ? 'a key is null' : refuse(key) || refuse(value)) || mapTag.addPair(container, key, value),
};

/**
 * kubectl reads a mapping from top to bottom: `<<` overrides what stands above it, where YAML's own rule lets it fill gaps
 * only. The parser asks `has` before it adds a merged key; with `json` for nothing else.
 */
function mergingMapping(): typeof mapTag {
  const byMerge = new WeakMap<object, Set<string>>();
  let asked: string | undefined;
  return {
    ...mapping,
    has(container, key) {
      // Of several sources the first one counts.
      if (byMerge.get(container)?.has(String(key))) return true;
      asked = String(key);
      return false;
    },
    addPair(container, key, value) {
      const merged = byMerge.get(container) ?? new Set();
      if (asked === String(key)) byMerge.set(container, merged.add(asked));
      else merged.delete(String(key));
      asked = undefined;
      return mapping.addPair(container, key, value);
    },
  };
}

/**
 * The YAML that kubectl speaks (sigs.k8s.io/yaml: YAML 1.1 booleans and octals, 1.2 elsewhere). A value means here
 * exactly what it means to `kubectl apply`; compared with kubectl over fuzzed scalars and documents.
 */
export const KUBECTL_SCHEMA = schemaWith(mapping);
/** The same for documents with merge keys (`<<`); only for `json`. */
export const KUBECTL_MERGING_SCHEMA = schemaWith(mergingMapping());

function schemaWith(map: typeof mapTag): Schema {
  return new Schema([
    strTag,
    nullCoreTag,
    boolYaml11Tag,
    integerTag,
    floatTag,
    mergeTag,
    list,
    map,
    binaryTag,
    { ...strTag, ...anyTag },
    { ...list, ...anyTag },
    { ...map, ...anyTag },
  ]);
}
