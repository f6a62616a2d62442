// What the bench runs inside of its world: one family of figures after another, each told as soon as it is known.
import { say } from '../cluster/cache.ts';
import { startWorld } from '../cluster/start.ts';
import { installSite, type Site } from '../e2e/site.ts';
import { openWorld } from '../e2e/world.ts';
import { crowd } from './crowd.ts';
import { deployments } from './deployments.ts';
import { drift } from './drift.ts';
import type { Figure } from './figure.ts';
import { idle } from './idle.ts';
import { job } from './job.ts';
import { kills } from './kill.ts';
import { hundred, thousand, type Measured } from './pairs.ts';
import { plan } from './plan.ts';
import { asJson, asRow, HEAD } from './report.ts';
import { group, watched } from './repository.ts';
import { sizes } from './sizes.ts';
import { start } from './start.ts';

const TOKEN = 'ghp_bench';

/** In this order: each leaves its objects for the next. */
const FAMILIES: ((site: Site, measured: Measured) => Promise<Figure[]>)[] = [
  plan,
  sizes,
  hundred,
  thousand,
  idle,
  job,
  start,
  deployments,
  drift,
  kills,
  crowd,
];

const named = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const wanted = FAMILIES.filter(({ name }) => named.length === 0 || named.includes(name));
const begin = performance.now();
await startWorld();
const world = await openWorld();
world.github.addToken(TOKEN);
world.registry.addToken(TOKEN, { pull: 'all' });
const site = await installSite({
  world,
  name: 'bench',
  files: watched(group('ordo', 10, 1)),
  settings: { token: TOKEN, 'poll-interval': '1s' },
});
const measured: Measured = { times: [] };
const isJson = process.argv.includes('--json');
if (!isJson) console.log(HEAD);
for (const family of wanted) {
  for (const figure of await family(site, measured)) console.log(isJson ? asJson(figure) : asRow(figure));
  say(`${family.name}: ${((performance.now() - begin) / 1000).toFixed(0)} s since the begin`);
}
process.exit(0);
