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

const STARTS_LIKE_A_NUMBER = /^[-+.0-9]/;
const INTEGER = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*|0)$/;
const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

const integerTag = defineScalarTag('tag:yaml.org,2002:int', {
  implicit: true,
  identify: Number.isInteger,
  resolve(source) {
    const match = STARTS_LIKE_A_NUMBER.test(source) ? INTEGER.exec(source.replaceAll('_', '')) : null;
    const digits = match?.[2];
    if (!match || digits === undefined) return NOT_RESOLVED;
    // A leading zero means octal, as in YAML 1.1: 0644 is 420.
    const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase());
    return Number(match[1] === '-' ? -value : value);
  },
});

const floatTag = defineScalarTag('tag:yaml.org,2002:float', {
  implicit: true,
  identify: (value) => typeof value === 'number',
  resolve(source) {
    const plain = source.replaceAll('_', '');
    if (STARTS_LIKE_A_NUMBER.test(source) && FLOAT.test(plain)) return Number(plain);
    if (/^[-+]?\.(inf|Inf|INF)$/.test(source)) return source.startsWith('-') ? -Infinity : Infinity;
    return /^\.(nan|NaN|NAN)$/.test(source) ? NaN : NOT_RESOLVED;
  },
});

/**
 * The YAML that kubectl speaks (sigs.k8s.io/yaml: YAML 1.1 booleans and octals, 1.2 elsewhere). A value means here
 * exactly what it means to `kubectl apply`; compared with kubectl over fuzzed scalars.
 */
export const KUBECTL_SCHEMA = new Schema([
  strTag,
  nullCoreTag,
  boolYaml11Tag,
  integerTag,
  floatTag,
  mergeTag,
  seqTag,
  mapTag,
]);
