import fc from 'fast-check';
import { claim, configMap, namespace, service, workload, type Files } from './fixtures.ts';

/** One object of a repository: where its file stands, and how it can be read. */
interface Item {
  name: string;
  group: number;
  number: number;
  file: 'placed' | 'unplaced' | 'twice' | 'ignored' | 'renamed';
  text: (annotations: Record<string, string>) => string;
}

const contents = fc.record(
  { a: fc.constantFrom('1', '2'), b: fc.constantFrom('1', '2') },
  { requiredKeys: [] },
) as fc.Arbitrary<Record<string, string>>;
const uses = fc.constantFrom<Record<string, unknown>[]>(
  [],
  [{ name: 'c1', configMap: { name: 'c1' } }],
  [{ name: 'c2', configMap: { name: 'c2', items: [{ key: 'a', path: 'a' }] } }],
  [
    { name: 'c1', projected: { sources: [{ configMap: { name: 'c1' } }] } },
    { name: 'c2', configMap: { name: 'c2' } },
  ],
);

const config = (name: string) => contents.map((data) => () => configMap(name, data));
const runner = (name: string, kind: string, own: Record<string, string> = {}) =>
  fc.tuple(uses, fc.constantFrom('app:1', 'app:2'), fc.constantFrom(1, 2)).map(
    ([volumes, image, replicas]) =>
      (annotations: Record<string, string>) =>
        workload(name, { kind, image, replicas, annotations: { ...own, ...annotations }, pod: { volumes } }),
  );
const fixed = (text: string) => fc.constant(() => text);

const texts: Record<string, fc.Arbitrary<Item['text']>> = {
  c1: config('c1'),
  c2: config('c2'),
  d1: runner('d1', 'Deployment'),
  d2: runner('d2', 'Deployment', { 'ordo.dev/update': 'rolling' }),
  s1: runner('s1', 'StatefulSet'),
  j1: runner('j1', 'Job'),
  v1: fixed(service('v1')),
  p1: fixed(claim('p1')),
  n1: fixed(namespace('n1')),
};

const item = (name: string, files: fc.Arbitrary<Item['file']>): fc.Arbitrary<Item> =>
  fc.record({
    name: fc.constant(name),
    group: fc.integer({ min: 1, max: 3 }),
    number: fc.integer({ min: 1, max: 3 }),
    file: files,
    text: texts[name] ?? fixed(''),
  });

/** Every file where it can be read. */
export const always = fc.constant<Item['file']>('placed');
/** One file in seven unusable in some way. */
export const sometimes = fc.oneof(
  { weight: 6, arbitrary: always },
  { weight: 1, arbitrary: fc.constantFrom<Item['file'][]>('unplaced', 'twice', 'ignored', 'renamed') },
);

/** Any repository of these objects; what uses ConfigMaps does so in every way. */
export const repository = (files: fc.Arbitrary<Item['file']>): fc.Arbitrary<Files> =>
  fc
    .tuple(...Object.keys(texts).map((name) => fc.option(item(name, files), { freq: 5, nil: undefined })))
    .map((items) => Object.assign({}, ...items.filter((one) => one !== undefined).map(filesOf)) as Files);

function filesOf({ name, group, number, file, text }: Item): Files {
  const path = `${group}-g/${number}-${name}.json`;
  switch (file) {
    case 'placed':
      return { [path]: text({}) };
    case 'renamed':
      return { [`${group}-other/${number}-${name}-renamed.yml`]: text({}) };
    case 'unplaced':
      return { [`g/${number}-${name}.json`]: text({}) };
    case 'twice':
      return { [path]: text({}), [`9-g/9-${name}.json`]: text({}) };
    case 'ignored':
      return { [path]: text({ 'ordo.dev/ignore': 'true' }) };
  }
}
