import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { say } from './cache.ts';
import { ensurePrerequisites } from './prerequisites.ts';

// What runs arm64 programs is an entry in a table of the kernel, which all of the machine has in common. Debian's line for it has
// the flag F: the kernel opens qemu once, here, so no root folder needs a qemu of its own. Where the machine has an entry,
// that one serves. Ours goes with the last shell that holds the lock, and that ends when its input does: however we end.
const script = `
trap '' INT TERM HUP
exec 9>/run/ordo-arm64.lock && flock --shared 9 || exit
table=/proc/sys/fs/binfmt_misc
[ -e $table/status ] || mount -t binfmt_misc binfmt_misc $table || exit
if ! [ -e $table/qemu-aarch64 ] && ! [ -e $table/ordo-arm64 ]; then
  sed s/qemu-aarch64/ordo-arm64/ /usr/lib/binfmt.d/qemu-aarch64.conf >$table/register || exit
fi
echo ready
cat >/dev/null
flock --exclusive --nonblock 9 && [ -e $table/ordo-arm64 ] && echo -1 >$table/ordo-arm64
`;

/** Lets this machine run arm64 programs, in worlds and root folders too, until this process ends. */
export async function emulateArm64(): Promise<void> {
  await ensurePrerequisites(['qemu-user-static']);
  const shell = spawn('unshare', ['--mount', 'sh', '-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [said] = (await Promise.race([once(shell.stdout, 'data'), once(shell, 'exit')])) as [unknown];
  if (!Buffer.isBuffer(said)) throw new Error(`arm64 programs cannot be run here (code ${String(said)})`);
  say('arm64 programs run under qemu');
  // Nothing here may keep this process alive: its end is what ends the shell.
  shell.unref();
  for (const stream of [shell.stdin, shell.stdout]) (stream as unknown as { unref(): void }).unref();
}
