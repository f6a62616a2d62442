import { Command } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { ask } from './commands/ask.ts';
import type { Place } from './commands/wiring.ts';

const { env } = process;
const place: Place = {
  namespace: env['ORDO_NAMESPACE'] ?? 'admin',
  pod: env['ORDO_POD'] ?? '',
  settingsDirectory: env['ORDO_SETTINGS_DIR'] ?? '/etc/ordo/settings',
  workFolder: env['ORDO_WORK_DIR'] ?? '/var/lib/ordo',
  env,
};

/** The first signal lets the work in hand end, the second ends the process. */
function untilSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => (stop.signal.aborted ? process.exit(130) : stop.abort(new Error(name))));
  }
  return stop.signal;
}

// Commands are loaded when they are asked for: `ordo plan` has to fit into the pod beside the controller.
const program = new Command('ordo')
  .description('keeps this cluster equal to a Git folder of plain, numbered YAML')
  .version(packageJson.version)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

program
  .command('run')
  .description('the controller: polls, plans, starts rollouts')
  .option('--once', 'end when nothing is left to do; exit code 0: done, 1: failed or not known')
  .action(async ({ once }: { once?: true }) => {
    if (once) {
      const { runOnce } = await import('./commands/run-once.ts');
      process.exitCode = await runOnce(place, untilSignal());
      return;
    }
    const { run } = await import('./commands/run.ts');
    await run(place, untilSignal());
  });

program
  .command('restarts')
  .description('a controller that only restarts workloads for changed configuration; needs no repository')
  .action(async () => {
    const { restarts } = await import('./commands/restarts.ts');
    await restarts(place, untilSignal());
  });

const print = (text: string) => process.stdout.write(text);

program
  .command('plan')
  .description('what the next rollout would do; exit code 0: nothing, 1: something')
  .action(async () => {
    const signal = untilSignal();
    const alone = async () => (await import('./commands/plan-alone.ts')).planAlone(place, signal);
    process.exitCode = await ask('plan', place, alone, { print, signal });
  });

program
  .command('check')
  .description(
    'whether cluster, rights, repository, registry, tokens and disk are as Ordo needs them; exit code 1: not all',
  )
  .action(async () => {
    const signal = untilSignal();
    const alone = async () => (await import('./commands/check-alone.ts')).checkAlone(place, signal);
    process.exitCode = await ask('check', place, alone, { print, signal });
  });

program
  .command('history')
  .description('the last rollouts, newest first; with a number: its steps, and why those that failed did')
  .argument('[rollout]', 'its number')
  .option('--json', 'for machines')
  .action(async (rollout: string | undefined, { json }: { json?: true }) => {
    const signal = untilSignal();
    const query = { ...(rollout !== undefined && { rollout }), json: json === true };
    const alone = async () => (await import('./commands/history.ts')).historyAlone(place, query, signal);
    process.exitCode = await ask('history', place, alone, { print, signal, details: query });
  });

program
  .command('why')
  .description('where an object comes from, what was done with it and what is next, what it uses and who uses it')
  .argument('<object>', 'Kind/NAME or Kind/NAMESPACE/NAME; deploy/web and the beginning of a name will do')
  .option('--json', 'for machines', false)
  .action(async (object: string, { json }: { json: boolean }) => {
    const signal = untilSignal();
    const alone = async () => (await import('./commands/why.ts')).whyAlone(place, { object, json }, signal);
    process.exitCode = await ask('why', place, alone, { print, signal, details: { object, json } });
  });

program
  .command('lint')
  .description('what a folder of manifests has wrong, without a cluster: exit code 1: findings')
  .argument('[folder]', 'the watched folder in a checkout', place.env['ORDO_FOLDER_NAME'] ?? 'deploy')
  .option('--given <objects...>', 'what others make, as Kind/NAME or Kind/NAMESPACE/NAME: it is not missing', [])
  .option('--json', 'for machines', false)
  .action(async (folder: string, { given, json }: { given: string[]; json: boolean }) => {
    const { lintFolder } = await import('./commands/lint.ts');
    process.exitCode = await lintFolder({ folder, given, json, namespace: place.namespace }, print);
  });

/** The pod does not know who has come in: `--by` is what goes into the record. */
const BY = ['--by <name>', 'who decides this, for the record', 'somebody on the command line'] as const;

program
  .command('release')
  .description('lets held deletions happen: those named (deploy/web, Kind/NAMESPACE/NAME), or all that are held now')
  .argument('[objects...]')
  .option('--all', 'all that are held for want of a permission', false)
  .option(...BY)
  .action(async (objects: string[], { all, by }: { all: boolean; by: string }) => {
    if (objects.length > 0 === all)
      throw new Error('ordo release: name objects, or give --all; "ordo plan" lists what is held');
    const { tell } = await import('./commands/tell.ts');
    process.exitCode = await tell({ kind: 'release', objects, all, by }, place, { print, signal: untilSignal() });
  });

program
  .command('retry')
  .description('tries what failed again at once, and takes it out of quarantine')
  .option(...BY)
  .action(async ({ by }: { by: string }) => {
    const { tell } = await import('./commands/tell.ts');
    process.exitCode = await tell({ kind: 'retry', by }, place, { print, signal: untilSignal() });
  });

program
  .command('override')
  .description('leaves an object (deploy/web, Kind/NAMESPACE/NAME) for a time as somebody has made it by hand')
  .argument('<object>')
  .option('--for <duration>', 'how long, as 30m or 2h')
  .option('--end', 'it is over now', false)
  .option(...BY)
  .action(async (object: string, { for: time, end, by }: { for?: string; end: boolean; by: string }) => {
    if ((time === undefined) !== end) throw new Error('ordo override: say how long (--for 2h), or give --end');
    const { tell } = await import('./commands/tell.ts');
    const request = { kind: 'override', object, ...(time !== undefined && { for: time }), by } as const;
    process.exitCode = await tell(request, place, { print, signal: untilSignal() });
  });

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
});
