import assert from 'node:assert/strict';
import { layAmbush } from './ambush.ts';
import { auditedWrites } from './audit.ts';
import { endStateOf, type EndState } from './end-state.ts';
import { mark } from './footprints.ts';
import type { Rollout } from './kill-proof.ts';
import { makeShop } from './kill-shop.ts';
import { restarts } from './ordo.ts';
import { CONTROLLER, find, kill } from './processes.ts';
import { pushApp } from './samples.ts';
import { installSite, type Site } from './site.ts';
import { until } from './until.ts';
import { openWorld, type World } from './world.ts';
import { startWriteHook, type Write } from './write-hook.ts';

const HOOKED = ['configmaps', 'secrets', 'services', 'deployments', 'statefulsets', 'cronjobs', 'jobs'];

/** A site with a shop for each kill, and a hook in all of its writes. */
export interface KillSite {
  world: World;
  site: Site;
  /** The next rollout is to be that of this shop's change. */
  prepare(shop: string): Promise<Rollout>;
  /** The end state, and behind it a commit that changes nothing: were anything left to do, it would be a rollout. */
  settle(rollout: Rollout, commit: string): Promise<EndState>;
  /** Resolves when the runner's write is in the cluster; it was not before `since`, in microseconds since 1970. */
  isWritten: (write: Write, since: number) => Promise<void>;
  close(): Promise<void>;
}

export async function openKillSite(name: string, shopNames: readonly string[]): Promise<KillSite> {
  const world = await openWorld();
  await pushApp(world, 'shop', '1');
  const shops = shopNames.map((shop) => makeShop(world, shop));
  const site = await installSite({ world, name, files: Object.assign({}, ...shops.map(({ first }) => first)) });
  const hook = await startWriteHook(world, HOOKED);
  /** Where the part of the audit log begins that belongs to the last rollout that was prepared. */
  let from = 0;
  return {
    world,
    site,
    async prepare(shop) {
      const { rollout } = await site.inventory();
      from = await mark(world);
      return {
        ...{ site, shop: makeShop(world, shop), number: rollout + 1, restarts: Number(await restarts(site)) },
        ...{ since: Date.now() * 1000, from, ambush: layAmbush(hook) },
      };
    },
    async settle({ shop, number }, commit) {
      await site.rollOut({ 'README.md': commit });
      assert.equal((await site.inventory()).rollout, number, 'there was nothing left to do');
      return endStateOf(site, shop.namespace, [shop.namespace, commit]);
    },
    async isWritten({ resource, namespace, name: object }, since) {
      await until(`the write of ${object} to be done`, async () =>
        (await auditedWrites(world.cluster.auditLog, from)).some(
          (write) =>
            write.answered >= since &&
            write.user.endsWith(':ordo-runner') &&
            write.resource === resource &&
            write.namespace === namespace &&
            write.name === object &&
            write.code < 300,
        ),
      );
    },
    async close() {
      await hook.stop();
      await world.close();
    },
  };
}

export const killController = async (): Promise<void> => kill(await find(CONTROLLER));
