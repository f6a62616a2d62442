import { NAMESPACE, SETTINGS, type Site } from './site.ts';
import { until } from './until.ts';

/** Changes keys of the settings Secret under a running Ordo (null takes one out), and waits until its pod has them. */
export async function changeSettings(site: Site, settings: Record<string, string | null>): Promise<void> {
  const data = Object.entries(settings).map(([key, value]) => [key, value && Buffer.from(value).toString('base64')]);
  const patch = JSON.stringify({ data: Object.fromEntries(data) as Record<string, string | null> });
  await site.kubectl('-n', NAMESPACE, 'patch', 'secret', SETTINGS, '--type=merge', '--patch', patch);
  const [key = '', value] = Object.entries(settings)[0] ?? [];
  const read = ['-n', NAMESPACE, 'exec', 'deploy/ordo', '--', 'cat', `/etc/ordo/settings/${key}`];
  await until(`the pod to have another ${key}`, async () => {
    // The kubelet comes by once a minute, and at once when something of the pod changes.
    const now = `test/settings=${Date.now()}`;
    await site.kubectl('-n', NAMESPACE, 'annotate', 'pod', '-l', 'app=ordo', '--overwrite', now);
    const { code, stdout, stderr } = await site.world.cluster.kubectl(read);
    return value === null ? stderr.includes('No such file') : code === 0 && stdout === value;
  });
}
