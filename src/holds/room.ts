import type { Client } from '../cluster/client.ts';
import { readNodes } from '../cluster/nodes.ts';
import { readPlatforms } from '../cluster/platforms.ts';
import { idOf } from '../domain/identity.ts';
import type { Inventory } from '../domain/inventory.ts';
import type { Plan } from '../domain/plan.ts';
import type { Sources } from '../sources.ts';

const MIB = 1024 * 1024;
/** An image lies on the disk packed, and unpacked at about twice that. */
const UNPACKED = 3;

interface Around {
  client: Client;
  sources: Pick<Sources, 'sizeOf'>;
  freeDisk: () => Promise<number | undefined>;
}

/**
 * Why there is no room for the new versions of workloads that the plan deletes and makes again, by id: every node that is
 * ready reports DiskPressure, or an image that is new to the cluster is larger than what is free. What nobody says is in
 * nobody's way.
 */
export async function noRoomIn(plan: Plan, inventory: Inventory, around: Around): Promise<Map<string, string>> {
  const noRoom = new Map<string, string>();
  const recreated = plan.steps.filter(({ kind }) => kind === 'recreate').map(({ entry }) => entry);
  if (recreated.length === 0) return noRoom;

  const ready = (await readNodes(around.client)).filter(({ isReady }) => isReady);
  if (ready.length > 0 && ready.every(({ pressures }) => pressures.includes('DiskPressure'))) {
    const names = ready.map(({ name }) => name).join(', ');
    const reason = `the disk is full (${names}: DiskPressure), new pods would not start: free space there`;
    for (const entry of recreated) noRoom.set(idOf(entry), reason);
    return noRoom;
  }
  const present = new Set(inventory.objects.flatMap(({ images = {} }) => pinned(images)));
  const fresh = recreated.filter(({ images = {} }) => pinned(images).some((image) => !present.has(image)));
  let free = fresh.length > 0 ? await around.freeDisk() : undefined;
  if (free === undefined) return noRoom;

  const platforms = await readPlatforms(around.client);
  for (const entry of fresh) {
    for (const [image, digest] of Object.entries(entry.images ?? {})) {
      if (present.has(`${image}@${digest}`)) continue;
      const packed = await around.sources.sizeOf({ image, digest, platforms });
      const needed = packed.known ? packed.value * UNPACKED : 0;
      if (needed > free) {
        // Without what is free, which moves all the time: a reason is logged when it is another one.
        const size = `about ${Math.ceil(needed / MIB)} MiB on the disk`;
        noRoom.set(idOf(entry), `the new ${image} takes ${size}, more than is free: make room on the node`);
      } else {
        // What comes next finds this one there already.
        present.add(`${image}@${digest}`);
        free -= needed;
      }
    }
  }
  return noRoom;
}

const pinned = (images: Record<string, string>): string[] => Object.entries(images).map((pair) => pair.join('@'));
