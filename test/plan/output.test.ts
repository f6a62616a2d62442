import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readLive } from '../../src/domain/stamps.ts';
import { stampedManifests } from '../../src/plan/stamp.ts';
import { planAsText } from '../../src/plan/text.ts';
import { COMMIT, configMap, planFor, sourceFiles, workload, KINDS, CONTEXT, EMPTY } from './fixtures.ts';
import { readManifests } from '../../src/manifests/read.ts';
import { render } from '../../src/manifests/render.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { known } from '../../src/domain/known.ts';

describe('stamps', () => {
  const stamped = (text: string) => {
    const { plan, input } = planFor({ '1-a/10-a.yml': text });
    const manifest = stampedManifests(plan, input.desired)['0'];
    assert.ok(manifest);
    return { manifest, input, entry: plan.steps[0]?.entry };
  };

  it('make the cluster the journal: they read back as what the plan says', () => {
    const { manifest, entry } = stamped(workload('web'));
    assert.deepEqual(manifest.metadata.annotations, {
      'ordo.dev/id': 'apps/Deployment/shop/web',
      'ordo.dev/rollout': '1',
      'ordo.dev/source': `deploy/1-a/10-a.yml@${COMMIT}`,
      'ordo.dev/hash': entry?.hash,
    });
    const { stamp } = readLive(
      'apps/Deployment/shop/web',
      manifest.metadata as { annotations: Record<string, string> },
    );
    assert.deepEqual(stamp, { rollout: 1, hash: entry?.hash, source: `deploy/1-a/10-a.yml@${COMMIT}` });
  });

  it('stand beside what people wrote, and never go into pod templates', () => {
    const { manifest, input } = stamped(workload('web', { annotations: { mine: 'x' } }));
    assert.deepEqual(manifest.metadata.labels, {
      app: 'web',
      'app.kubernetes.io/managed-by': 'ordo',
      'ordo.dev/target': 'main',
    });
    assert.equal(manifest.metadata.annotations?.['mine'], 'x');
    assert.doesNotMatch(JSON.stringify(manifest['spec']), /ordo/);
    assert.doesNotMatch(JSON.stringify(input.desired[0]?.object), /ordo/, 'the desired object stays as it was');
  });

  it('leave a managed-by of the manifest alone', () => {
    const text = configMap('a', {}).replace('"name"', '"labels":{"app.kubernetes.io/managed-by":"helm"},"name"');
    const { manifest } = stamped(text);
    assert.equal(manifest.metadata.labels?.['app.kubernetes.io/managed-by'], 'helm');
  });

  it('are on what is applied, by step: nothing for holds and deletes', () => {
    const files = { '1-a/10-a.yml': configMap('a', {}), '1-a/20-b.yml': workload('b', { image: 'image_url_var' }) };
    const { plan, input } = planFor(files, { digestOf: () => ({ known: false, reason: '401' }) });
    assert.deepEqual(Object.keys(stampedManifests(plan, input.desired)), ['0']);
  });
});

describe('a plan as text', () => {
  it('is made of printable lines, whatever the files and keys are called', () => {
    const { plan, problems } = planFor({
      '1-a/10-a\n  delete    Namespace/all\u001b[2J.yml': configMap('a', {}),
      'x\u009b/10-\r.yml': configMap('b', {}),
    });
    const text = planAsText(plan, problems, ['a\u0007note']);
    assert.doesNotMatch(text.replaceAll('\n', ''), /\p{Cc}/u);
    assert.equal(text.match(/^ {2}delete/gm), null);
    assert.match(text, /10-a\\u000a {2}delete/);
  });
});

describe('hostile repositories', () => {
  const evil = fc.oneof(
    fc.constantFrom<unknown>('image_url_var', 'pull_ghcr_image_token', null, -1, true, [], {}, [null]),
    fc.record({ toString: fc.constant(1), valueOf: fc.constant(2) }),
    fc.jsonValue({ maxDepth: 3 }),
  );
  const key = fc.constantFrom(
    'name',
    'key',
    'app',
    'env',
    'envFrom',
    'items',
    '__proto__',
    'constructor',
    'ordo.dev/x',
  );
  const tree = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      evil,
      fc.dictionary(key, tie('node')),
      fc.array(tie('node'), { maxLength: 3 }),
    ),
  })).node;
  const podSpec = fc.record(
    {
      containers: tree,
      initContainers: fc.array(fc.record({ name: evil, image: evil, env: tree, envFrom: tree })),
      volumes: tree,
    },
    { requiredKeys: [] },
  );
  const names = fc.constantFrom('a', 'b', '..', 'a/b', '', '__proto__', 'constructor');
  const texts = fc.dictionary(
    fc.constantFrom('app', 'ordo.dev/toString', 'ordo.dev/timeout', '__proto__'),
    fc.oneof(fc.string(), evil),
  );
  const document = fc.oneof(
    fc.record(
      {
        apiVersion: fc.constantFrom('v1', 'apps/v1', 'batch/v1', 'apiextensions.k8s.io/v1', '..', '/'),
        kind: fc.oneof(fc.constantFrom(...KINDS.map(({ kind }) => kind), 'List', '__proto__'), fc.string()),
        metadata: fc.oneof(
          fc.record({ name: names, namespace: names, labels: texts, annotations: texts }, { requiredKeys: ['name'] }),
          tree,
        ),
        spec: fc.oneof(
          podSpec,
          fc.record({ template: fc.record({ metadata: tree, spec: podSpec }), names: tree }),
          tree,
        ),
        data: tree,
        stringData: tree,
        items: tree,
      },
      { requiredKeys: ['apiVersion', 'kind'] },
    ),
    tree,
  );

  function planOf(texts: string[], inventory = EMPTY) {
    const files = Object.fromEntries(texts.map((text, index) => [`1-a/${index}-x.yml`, text]));
    const context = { folder: 'deploy', namespace: 'admin', kinds: KINDS };
    const { manifests, problems } = readManifests(sourceFiles(files), context);
    const { desired, held } = render(manifests, CONTEXT);
    const rest = { rollout: 1, target: 'main', commit: COMMIT, folder: 'deploy', namespace: 'admin', keyId: 'key-1' };
    const live = () => known({ uid: 'u', deleting: false, stamp: { rollout: 1, hash: '', source: '' } });
    const plan = makePlan({
      ...rest,
      desired,
      held,
      problems,
      inventory,
      live,
      pathOf: () => '/x',
      update: 'recreate',
      readyTimeout: 1,
      maxDeletes: 1000,
    });
    planAsText(plan, problems);
    return { plan, problems, manifests: stampedManifests(plan, desired) };
  }

  it('end in a plan, never in an exception', () => {
    fc.assert(
      fc.property(fc.array(document, { maxLength: 4 }), (documents) => {
        const { plan, manifests } = planOf(documents.map((one) => JSON.stringify(one)));
        for (const { path } of plan.steps) assert.doesNotMatch(path, /\/\.\.(\/|$)|\/\/|\s/);
        JSON.stringify(manifests);
      }),
      { numRuns: 400 },
    );
  });

  it('of any text at all end in a plan that deletes nothing where something is not readable', () => {
    const inventory = {
      ...EMPTY,
      objects: planFor({ '1-a/10-a.yml': configMap('old', {}) }).plan.steps.map(({ entry }) => entry),
    };
    const pieces = fc.constantFrom(
      'a: 1',
      '---',
      '...',
      '%YAML 1.1',
      '&a',
      '*a',
      '- ',
      '\t',
      '\n',
      '"',
      "'",
      '{',
      '}',
      '[',
      ']',
      '|',
      '>',
      '!!',
      '#',
      '\uFEFF',
      '\u0000',
      '<<: ',
      '? ',
      ': ',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 12 }), (parts) => {
        const { plan, problems } = planOf([parts.join(''), configMap('new', {})], inventory);
        const unreadable = problems.some((problem) => problem.unreadable);
        assert.equal(
          plan.steps.some(({ kind }) => kind === 'delete'),
          !unreadable,
        );
      }),
      { numRuns: 300 },
    );
  });
});
