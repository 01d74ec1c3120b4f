/**
 * `npm run bench`: how long the five things take that the project promises, on this machine.
 * Writes docs/benchmarks.md; `--demos N` plays the demo N more times after the fresh one,
 * `--no-clone` leaves both out.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { quantile } from 'simple-statistics';
import * as z from 'zod';
import { pointAt, PROJECT } from '../cli/local-stack.ts';
import { bringUp } from '../cli/stack/bring-up.ts';
import { decodeArtifact, recordsFor, rowsOf } from '../demo/scoring.ts';
import { claimsCsv } from '#claims/generate.ts';
import { firstChampion } from '../demo/scenes/first-champion.ts';
import { send, toQuestion } from '../demo/scenes/release.ts';
import type { World } from '../demo/world.ts';
import { prepareWorld } from '../demo/story.ts';
import { plainTeller } from '../demo/teller.ts';
import { markdown, type Measure } from './report.ts';

const COMMITS = 5;
const WARM_PREDICTIONS = 200;
const PREDICTIONS = 2000;

const DemoReport = z.looseObject({
  secondsToServe: z.number().nullable(),
  secondsToRollBack: z.number().nullable(),
});

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Clones the last commit, as a stranger would, and plays the demo in it again and again. */
async function demos(more: number): Promise<Measure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'titleholder-bench-'));
  const clone = join(folder, 'clone');
  const reports: z.infer<typeof DemoReport>[] = [];
  const play = async (): Promise<number> => {
    const began = performance.now();
    const file = join(folder, 'demo.json');
    await run('npm', ['run', 'demo', '--', '--json', file], clone);
    reports.push(DemoReport.parse(JSON.parse(await readFile(file, 'utf8'))));
    return (performance.now() - began) / 1000;
  };
  try {
    const began = performance.now();
    await run('git', ['clone', '--quiet', PROJECT, clone], PROJECT);
    await play();
    const fresh = (performance.now() - began) / 1000;
    say(`fresh clone to the end of the demo: ${fresh.toFixed(0)} s`);
    const again: number[] = [];
    for (let i = 0; i < more; i++) again.push(await play());
    return [
      { name: 'fresh clone to end of demo', unit: 's', aim: '480', values: [fresh] },
      { name: 'second demo', unit: 's', aim: '240', values: again },
      {
        name: 'approval to the first answer of the new version',
        unit: 's',
        aim: '-',
        values: reports.map((report) => report.secondsToServe ?? Number.NaN),
      },
      {
        name: 'rollback to the first answer of the old version, under 20 requests a second',
        unit: 's',
        aim: '2',
        values: reports.map((report) => report.secondsToRollBack ?? Number.NaN),
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Commits of 50,000 rows and 100 trees on a warm stack, and predictions one after the other. */
async function warm(): Promise<Measure[]> {
  const folder = join(PROJECT, '.local', 'bench');
  const stack = await bringUp({ folder: join(folder, 'stack'), log: say });
  try {
    pointAt(stack.endpoints);
    const { world } = await prepareWorld({
      endpoints: stack.endpoints,
      issuer: stack.issuer,
      folder,
      source: join(PROJECT, 'models', 'claims-denial'),
      name: 'claims-denial',
      tell: plainTeller(say),
    });
    await firstChampion(world);
    return [...(await commits(world)), ...(await predictions(world))];
  } finally {
    await stack.stop();
  }
}

async function commits(world: World): Promise<Measure[]> {
  const waited: number[] = [];
  const notTraining: number[] = [];
  for (let i = 0; i < COMMITS; i++) {
    await world.repository.commit(
      [world.model],
      [
        {
          name: `forest-100x15-${i}`,
          algorithm: 'forest',
          settings: { trees: 100, maxDepth: 15, minLeaf: 5 + i, featuresPerSplit: 'sqrt' },
        },
      ],
      `Measure ${i}`,
    );
    const began = performance.now();
    const { runId } = await send(world);
    const question = await toQuestion(world, runId, world.champions.at(-1));
    const seconds = (performance.now() - began) / 1000;
    const training = question.status.steps
      .filter(({ name }) => name === 'FullTrain' || name === 'QuickTrain')
      .reduce((sum, step) => sum + (step.seconds ?? 0), 0);
    waited.push(seconds);
    notTraining.push((100 * (seconds - training)) / seconds);
    await world.people.ben.api.decide(runId, 'reject', { reason: 'Only measured' });
  }
  return [
    {
      name: 'commit to awaiting approval, 50,000 rows x 100 trees, warm',
      unit: 's',
      aim: '60',
      values: waited,
    },
    { name: 'of it not training', unit: '%', aim: '-', values: notTraining },
  ];
}

async function predictions(world: World): Promise<Measure[]> {
  const [champion] = world.champions;
  if (champion === undefined) throw new Error('nothing serves');
  const artifact = decodeArtifact(await world.aws.object('models', champion.sha256));
  const records = recordsFor(artifact, rowsOf(claimsCsv({ rows: 200, seed: 2 })));
  const millis: number[] = [];
  for (let i = -WARM_PREDICTIONS; i < PREDICTIONS; i++) {
    const record = records[Math.abs(i) % records.length];
    if (record === undefined) throw new Error('no claims to score');
    const began = performance.now();
    await world.people.vera.api.predict(world.model, [record]);
    if (i >= 0) millis.push(performance.now() - began);
  }
  return [
    {
      name: '/predict warm, p50',
      unit: 'ms',
      aim: '-',
      values: [quantile(millis, 0.5)],
      count: PREDICTIONS,
    },
    {
      name: '/predict warm, p99',
      unit: 'ms',
      aim: '100',
      values: [quantile(millis, 0.99)],
      count: PREDICTIONS,
    },
  ];
}

function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { cwd, stdio: ['ignore', 2, 2] });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code ?? 'a signal'}`));
    });
  });
}

const options = new Command('bench')
  .option('--demos <n>', 'demos after the fresh one', Number, 2)
  .option('--no-clone', 'leaves out the demos in a fresh clone')
  .parse()
  .opts<{ demos: number; clone: boolean }>();

const measures = [...(options.clone ? await demos(options.demos) : []), ...(await warm())];
const cores = cpus();
const text = markdown(measures, {
  processor: cores[0]?.model ?? 'unknown',
  cores: cores.length,
  memoryGb: totalmem() / 2 ** 30,
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  day: new Date().toISOString().slice(0, 10),
});
await mkdir(join(PROJECT, 'docs'), { recursive: true });
await writeFile(join(PROJECT, 'docs', 'benchmarks.md'), text);
process.stdout.write(text);
