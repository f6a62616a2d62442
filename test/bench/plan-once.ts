// node plan-once.ts INVENTORY.json: plans 1,000 changed manifests in a fresh process and prints how many ms that took, by the
// clock and of the processor. With an empty file it answers with the inventory that comes of a first rollout instead.
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { SourceFile } from '../../src/domain/files.ts';
import type { Inventory } from '../../src/domain/inventory.ts';
import { known, unknown } from '../../src/domain/known.ts';
import { pathOf, type ResourceKind } from '../../src/domain/object.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { readManifests } from '../../src/manifests/read.ts';
import { render } from '../../src/manifests/render.ts';
import { nextInventory } from '../../src/plan/next.ts';
import type { PlanInput } from '../../src/plan/input.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { referenceNotes } from '../../src/plan/reference-notes.ts';
import { groups, TEN, watched } from './repository.ts';

const KEY = 'bench';
const KINDS: ResourceKind[] = [
  ...['Namespace', 'Secret', 'ServiceAccount', 'ConfigMap', 'Service'].map((kind) => served('', kind)),
  ...['Role', 'RoleBinding'].map((kind) => served('rbac.authorization.k8s.io', kind)),
  served('apps', 'Deployment'),
];

const text = readFileSync(process.argv[2] ?? '', 'utf8');
if (text === '') {
  const inventory: Inventory = { version: 1, rollout: 0, commit: '', key: KEY, objects: [] };
  const plan = planOf(filesOf(1), inventory);
  const steps = Object.fromEntries(plan.steps.map((_, index) => [String(index), { state: 'done' as const }]));
  console.log(JSON.stringify(nextInventory(inventory, plan, KEY, { version: 1, rollout: 1, state: 'done', steps })));
} else {
  const inventory = JSON.parse(text) as Inventory;
  const files = filesOf(2);
  const [begin, before] = [performance.now(), process.threadCpuUsage()];
  const plan = planOf(files, inventory);
  const { user, system } = process.threadCpuUsage(before);
  const took = { ms: performance.now() - begin, processor: (user + system) / 1000 };
  if (plan.steps.length !== 1000) throw new Error(`${plan.steps.length} steps were planned`);
  console.log(JSON.stringify(took));
}

function filesOf(revision: number): SourceFile[] {
  const files = Object.entries(watched(groups('ordo', TEN, revision)));
  return files.map(([path, content]) => ({ path, kind: 'file', bytes: Buffer.from(content) }));
}

/** As observe.ts and controller.ts have it, without asking anybody. */
function planOf(files: readonly SourceFile[], inventory: Inventory): Plan {
  const context = { folder: 'deploy', namespace: 'admin' };
  const { manifests, problems } = readManifests(files, { ...context, kinds: KINDS });
  const { desired, held } = render(manifests, {
    naming: { registry: 'ghcr.io', account: 'acme', prefix: '', tag: 'main' },
    digestOf: () => unknown('nobody is asked'),
    credential: { token: undefined, user: 'acme', registry: 'ghcr.io' },
    hasher: (value) => createHmac('sha256', KEY).update(value).digest('hex').slice(0, 32),
  });
  const hashes = new Map(
    inventory.objects.map((one) => [`${one.group}/${one.kind}/${one.namespace}/${one.name}`, one]),
  );
  const input: PlanInput = {
    ...context,
    rollout: inventory.rollout + 1,
    target: 'main',
    commit: 'c'.repeat(40),
    desired,
    held,
    problems,
    inventory,
    keyId: KEY,
    live: (id) => {
      const entry = hashes.get(id);
      const stamp = entry && { rollout: inventory.rollout, hash: entry.hash, source: entry.source };
      return known(stamp && { uid: id, deleting: false, stamp });
    },
    pathOf: (object) => {
      const kind = KINDS.find((one) => one.kind === object.kind);
      return kind && pathOf(kind, object.namespace, object.name);
    },
    update: 'recreate',
    readyTimeout: 300,
    maxDeletes: 10,
  };
  if (referenceNotes(input).length > 0) throw new Error('something in the repository refers to nothing');
  return makePlan(input);
}

function served(group: string, kind: string): ResourceKind {
  return { group, version: 'v1', kind, plural: `${kind.toLowerCase()}s`, namespaced: kind !== 'Namespace' };
}
