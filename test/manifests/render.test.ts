import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { known, unknown, type Known } from '../../src/domain/known.ts';
import { canonical } from '../../src/manifests/canonical.ts';
import { digestIn, type ImageNaming } from '../../src/manifests/images.ts';
import { imageWanted, render, type RenderContext } from '../../src/manifests/render.ts';
import {
  CONTEXT,
  DIGEST,
  configMap,
  read,
  secret,
  workload,
  type Files,
  type WorkloadOptions,
} from '../plan/fixtures.ts';

const rendered = (files: Files, context: Partial<RenderContext> = {}) =>
  render(read(files).manifests, { ...CONTEXT, ...context });

const single = (text: string, context: Partial<RenderContext> = {}) => {
  const { desired, held } = rendered({ '1-a/10-a.yml': text }, context);
  return desired[0] ?? held[0];
};

describe('images', () => {
  const image = (options: WorkloadOptions, naming: Partial<ImageNaming> = {}, labels?: Record<string, unknown>) => {
    const text = workload('web', { image: 'image_url_var', ...options });
    const object = JSON.parse(text) as { metadata: { labels?: unknown } };
    if (labels) object.metadata.labels = labels;
    const [manifest] = read({ '1-a/10-a.yml': JSON.stringify(object) }).manifests;
    return manifest && imageWanted(manifest, { ...CONTEXT.naming, ...naming });
  };

  it('are named by account, prefix and the exact app label', () => {
    assert.equal(image({}), 'ghcr.io/acme/shop-web:main');
    assert.equal(image({}, { prefix: '' }), 'ghcr.io/acme/web:main');
    assert.equal(
      image({}, { registry: 'registry.example.com', account: 'a', tag: 'v1' }),
      'registry.example.com/a/shop-web:v1',
    );
  });

  it("take the workload's label before its template's", () => {
    assert.equal(image({}, {}, { app: 'own' }), 'ghcr.io/acme/shop-own:main');
    assert.equal(image({}, {}, {}), 'ghcr.io/acme/shop-web:main');
    assert.equal(image({ kind: 'CronJob' }, {}, {}), 'ghcr.io/acme/shop-web:main');
  });

  it('#22 never split names', () => {
    assert.equal(image({}, {}, { app: 'my-app_2.0' }), 'ghcr.io/acme/shop-my-app_2.0:main');
  });

  it("have no prefix for DORIS's own image", () => {
    assert.equal(image({}, {}, { app: 'pipelineinitialisation' }), 'ghcr.io/acme/pipelineinitialisation:main');
  });

  it('are replaced by ordo.dev/image', () => {
    const annotations = { 'ordo.dev/image': 'ghcr.io/other/tool:edge' };
    assert.equal(image({ annotations }), 'ghcr.io/other/tool:edge');
    assert.equal(image({ annotations, image: 'nginx:1' }), undefined);
  });

  it('are wanted for the placeholder alone', () => {
    assert.equal(image({ image: 'image_url_vars' }), undefined);
    assert.equal(image({ image: 'ghcr.io/acme/shop-web:main' }), undefined);
  });

  it('cannot be named by what is no label', () => {
    for (const app of ['', '../../evil', 'a/b', 'a b', 'a:b', '-a', 'a@sha256', `${'a'.repeat(64)}`]) {
      assert.equal(image({}, {}, { app }), undefined, app);
    }
  });

  it('#21 are pinned in every container that has the placeholder, and in no other', () => {
    const pod = {
      initContainers: [
        { name: 'init', image: 'image_url_var', imagePullPolicy: 'Always' },
        { name: 'wait', image: 'busybox:1', imagePullPolicy: 'Always' },
      ],
      containers: [
        { name: 'main', image: 'image_url_var' },
        { name: 'same', image: 'image_url_var', imagePullPolicy: 'IfNotPresent' },
      ],
    };
    const one = single(workload('web', { kind: 'Pod', pod }));
    assert.ok(one && 'hash' in one);
    const pinned = `ghcr.io/acme/shop-web:main@${DIGEST}`;
    assert.deepEqual(one.object['spec'], {
      initContainers: [
        { name: 'init', image: pinned, imagePullPolicy: 'IfNotPresent' },
        { name: 'wait', image: 'busybox:1', imagePullPolicy: 'Always' },
      ],
      containers: [
        { name: 'main', image: pinned, imagePullPolicy: 'IfNotPresent' },
        { name: 'same', image: pinned, imagePullPolicy: 'IfNotPresent' },
      ],
    });
    assert.deepEqual(one.notes, ['container init: imagePullPolicy Always became IfNotPresent']);
    assert.deepEqual(one.images, { 'ghcr.io/acme/shop-web:main': DIGEST });
    assert.equal(one.app, 'web');
  });

  it('are listed under their app only where the label names them', () => {
    const annotations = { 'ordo.dev/image': 'ghcr.io/other/tool:edge' };
    const one = single(workload('web', { image: 'image_url_var', annotations }));
    assert.ok(one && 'hash' in one);
    assert.equal(one.app, undefined);
    assert.deepEqual(one.images, { 'ghcr.io/other/tool:edge': DIGEST });
  });

  it('of an unknown digest, or without a name, hold their workload, which is never half rendered', () => {
    const digestOf = (): Known<string> => unknown('503');
    const one = single(workload('web', { image: 'image_url_var' }), { digestOf });
    assert.ok(one && 'held' in one);
    assert.equal(one.held, 'the digest of ghcr.io/acme/shop-web:main is not known: 503');
    const nameless = single(
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{image: image_url_var}]}\n',
    );
    assert.ok(nameless && 'held' in nameless);
    assert.match(nameless.held, /needs an "app" label or the annotation ordo.dev\/image/);
  });

  it('#21 #23 leave neighbours alone: each object is rendered from its own text', () => {
    const files = {
      '1-a/10-a.yml': workload('influx', { image: 'image_url_var' }),
      '1-a/20-b.yml': workload('influxdb', { image: 'image_url_var' }),
    };
    const before = read(files).manifests;
    const { desired } = render(before, { ...CONTEXT, digestOf: (name) => known(`sha256:${name}`) });
    assert.deepEqual(
      desired.map(({ images }) => images),
      ['influx', 'influxdb'].map((app) => {
        const name = `ghcr.io/acme/shop-${app}:main`;
        return { [name]: `sha256:${name}` };
      }),
    );
    assert.deepEqual(before, read(files).manifests, 'rendering works on copies');
  });
});

describe('the pull credential', () => {
  const config = { auths: { 'ghcr.io': { auth: 'YTpi', username: 'ä' } } };
  const placed = (field: string) =>
    `apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n${field}: {.dockerconfigjson: pull_ghcr_image_token}\n`;
  const withToken = (token: string | undefined) => ({ credential: { token, user: 'acme', registry: 'ghcr.io' } });

  function configIn(field: 'data' | 'stringData', token: string): unknown {
    const one = single(placed(field), withToken(token));
    assert.ok(one && 'hash' in one, JSON.stringify(one));
    const text = (one.object[field] as Record<string, string>)['.dockerconfigjson'] ?? '';
    return JSON.parse(field === 'data' ? Buffer.from(text, 'base64').toString('utf8') : text);
  }

  for (const field of ['data', 'stringData'] as const) {
    it(`is a docker config in base64, with or without line breaks (${field})`, () => {
      const token = Buffer.from(JSON.stringify(config), 'utf8').toString('base64');
      assert.deepEqual(configIn(field, token), config);
      assert.deepEqual(configIn(field, token.replaceAll(/(.{20})/g, '$1\r\n')), config);
    });

    it(`is made from a plain token (${field})`, () => {
      const auth = Buffer.from('acme:töken').toString('base64');
      assert.deepEqual(configIn(field, 'töken'), {
        auths: { 'ghcr.io': { username: 'acme', password: 'töken', auth } },
      });
    });
  }

  it('is a plain token even when it could be read as base64', () => {
    const token = Buffer.from('{"no": "auths"}').toString('base64');
    const made = configIn('data', token) as { auths: { 'ghcr.io': { password: string } } };
    assert.equal(made.auths['ghcr.io'].password, token);
  });

  it('holds the Secret when none is set', () => {
    const one = single(placed('data'), withToken(undefined));
    assert.ok(one && 'held' in one);
    assert.match(one.held, /no pull-ghcr-image-token/);
  });

  it('is wanted by the placeholder of a Secret alone', () => {
    for (const text of [
      secret('a', { '.dockerconfigjson': 'pull_ghcr_image_tokens' }),
      secret('a', { other: 'pull_ghcr_image_token' }),
      configMap('a', { '.dockerconfigjson': 'pull_ghcr_image_token' }),
    ]) {
      const one = single(text, withToken(undefined));
      assert.ok(one && 'hash' in one, text);
      assert.equal(canonical(one.object), canonical(JSON.parse(text)));
    }
  });
});

describe('the digest in what containerlist-APP says', () => {
  const image = 'ghcr.io/acme/shop-web:main';
  const cases: [listed: string, digest: string | undefined][] = [
    [`${image}@${DIGEST}`, DIGEST],
    [`ghcr.io/acme/shop-web:dev@${DIGEST}`, undefined],
    [`ghcr.io/acme/shop-api:main@${DIGEST}`, undefined],
    [`${image}@sha256:abc`, undefined],
    [image, undefined],
    ['empty', undefined],
    ['', undefined],
  ];
  for (const [listed, digest] of cases) {
    it(JSON.stringify(listed), () => assert.equal(digestIn(listed, image), digest));
  }
});
