/**
 * `npm run bench:lambda`: what tables of several sizes cost the steps that read them, against the memory
 * and time of their Lambdas. Writes docs/benchmarks-lambda.md; `--only 10000x20 …` measures fewer sizes.
 *
 * Each step runs in a process of its own, on one core, over `init`'s folder of a made table. Seconds are
 * those of the processor, so that whatever else runs on the machine doesn't count.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { charterOf, type Folder } from '#contracts/folder/charter.ts';
import { prepare } from '#dataset/prepare.ts';
import { canonicalJson, sha256Hex } from '#domain/canonical.ts';
import { entrantOf } from '#evaluation/admit.ts';
import { evaluate } from '#evaluation/evaluate.ts';
import { substream } from '#learning/random.ts';
import { isFitted } from '#training/choose.ts';
import { fitChosen, prepareTraining, scoreCandidate } from '#training/train.ts';
import { initFolder } from '../cli/local/init-folder.ts';
import { pack, type Packed } from '../cli/local/pack.ts';
import { PROJECT } from '../cli/local-stack.ts';

const SIZES = ['10000x20', '50000x20', '200000x20', '10000x100', '50000x100', '200000x100'];

/** As infra/functions has them. */
const STEPS = {
  'validate-data': { memoryMb: 3008, seconds: 300 },
  'train-candidate': { memoryMb: 8192, seconds: 900 },
  'full-train': { memoryMb: 8192, seconds: 900 },
  'evaluate-challenger': { memoryMb: 3008, seconds: 600 },
} as const;
type Step = keyof typeof STEPS;
const STEP_NAMES: readonly Step[] = [
  'validate-data',
  'train-candidate',
  'full-train',
  'evaluate-challenger',
];

const Cost = z.strictObject({ cpuSeconds: z.number(), peakRssMb: z.number() });
type Cost = z.infer<typeof Cost>;

interface Line {
  readonly size: string;
  readonly csvMb: number;
  readonly costs: Partial<Record<Step, Cost>>;
}

/** Half of the numbers matter, through a product and a threshold. */
function writeTable(file: string, rows: number, columns: number): number {
  const random = substream(1, 'bench', 'lambda');
  const lines = [['y', ...Array.from({ length: columns }, (_, i) => `x${i}`)].join(',')];
  for (let row = 0; row < rows; row += 1) {
    const x = Array.from({ length: columns }, () => random.nextNormal());
    const [a = 0, b = 0, c = 0, d = 0] = x;
    const odds = a + b * c + (d > 0.5 ? 1 : 0);
    const label = random.nextFloat() < 1 / (1 + Math.exp(0.5 - odds)) ? 'yes' : 'no';
    lines.push(`${label},${x.map((value) => value.toFixed(3)).join(',')}`);
  }
  const text = `${lines.join('\n')}\n`;
  writeFileSync(file, text);
  return text.length / 1e6;
}

const provenanceOf = ({ folder, sha256, data }: Packed) => ({
  model: folder.model.name,
  commit: null,
  bundle: sha256,
  data: data.sha256,
  code: '',
  asOf: null,
});

/** One step over files of `dir`, as its handler calls it; its own output stays there for the next. */
async function runStep(step: Step, dir: string): Promise<Cost> {
  const packed = await pack(join(dir, 'bench'));
  const { folder } = packed;
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(dir, name)));
  const stopwatch = (): number => performance.now() / 1000;
  const training = () => ({
    folder,
    training: read('training'),
    trainingManifest: sha256Hex(read('manifest')),
    provenance: provenanceOf(packed),
    stopwatch,
  });
  const began = process.cpuUsage();
  switch (step) {
    case 'validate-data': {
      const { csv, file } = packed.data;
      const found = prepare({ folder, csv, file, asOf: NO_MOMENT, stored: null });
      writeFileSync(join(dir, 'training'), found.training);
      writeFileSync(join(dir, 'manifest'), found.trainingManifest);
      writeFileSync(join(dir, 'holdout'), found.holdout);
      writeFileSync(join(dir, 'register'), found.register);
      break;
    }
    case 'train-candidate': {
      const { scores } = scoreCandidate(prepareTraining(training()), slowest(folder));
      writeFileSync(join(dir, 'scores.json'), JSON.stringify(scores));
      break;
    }
    case 'full-train': {
      const prepared = prepareTraining(training());
      const tried = {
        ...scoreCandidate(prepareTraining(training(), 'quick'), slowest(folder)),
        round: 1,
      };
      if (!isFitted(tried)) throw new Error('the candidate was not fitted');
      writeFileSync(join(dir, 'artifact'), fitChosen(prepared, tried.scores, null).artifact);
      break;
    }
    case 'evaluate-challenger': {
      const bytes = read('artifact');
      evaluate({
        folder,
        charter: sha256Hex(canonicalJson(charterOf(folder))),
        challenger: entrantOf('the challenger', {
          bytes,
          sha256: sha256Hex(bytes),
          manifest: read('manifest'),
        }),
        champion: null,
        holdout: read('holdout'),
        register: read('register'),
        training: read('training'),
        provenance: provenanceOf(packed),
        stopwatch,
      });
      break;
    }
  }
  const { user, system } = process.cpuUsage(began);
  return {
    cpuSeconds: (user + system) / 1e6,
    peakRssMb: process.resourceUsage().maxRSS / 1024,
  };
}
const NO_MOMENT = '1970-01-01T00:00:00.000Z';

/** Of `init`'s candidates the boosting takes longest. */
function slowest({ model }: Folder): Folder['model']['candidates'][number] {
  const found = model.candidates.find(({ algorithm }) => algorithm === 'boosting');
  if (found === undefined) throw new Error('init offers no boosting');
  return found;
}

async function measureSize(size: string): Promise<Line> {
  const [rows = 0, columns = 0] = size.split('x').map(Number);
  const dir = mkdtempSync(join(tmpdir(), 'titleholder-bench-lambda-'));
  try {
    mkdirSync(dir, { recursive: true });
    const data = join(dir, 'table.csv');
    const csvMb = writeTable(data, rows, columns);
    await initFolder({ data, target: 'y', positive: 'yes', name: 'bench', dir });
    const costs: Partial<Record<Step, Cost>> = {};
    for (const step of STEP_NAMES) {
      const { memoryMb, seconds } = STEPS[step];
      process.stderr.write(`${size} ${step} …\n`);
      const child = spawnSync(
        process.execPath,
        [
          '--disable-warning=ExperimentalWarning',
          `--max-old-space-size=${memoryMb}`,
          import.meta.filename,
          '--step',
          step,
          dir,
        ],
        // A shared machine takes longer than the step's own time; twice of it is enough to know.
        { encoding: 'utf8', timeout: 2000 * seconds, stdio: ['ignore', 'pipe', 'inherit'] },
      );
      if (child.status !== 0) break;
      const cost = Cost.parse(JSON.parse(child.stdout));
      costs[step] = cost;
      process.stderr.write(
        `${size} ${step}: ${cost.cpuSeconds.toFixed(1)} s, ${cost.peakRssMb.toFixed(0)} MB\n`,
      );
    }
    return { size, csvMb, costs };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function page(lines: readonly Line[]): string {
  const cell = (line: Line, step: Step): string => {
    const cost = line.costs[step];
    return cost === undefined
      ? 'not through'
      : `${cost.cpuSeconds.toFixed(1)} s, ${cost.peakRssMb.toFixed(0)} MB`;
  };
  const [cpu] = cpus();
  const limits = STEP_NAMES.map((step) => `${STEPS[step].seconds} s, ${STEPS[step].memoryMb} MB`);
  return [
    '# What a table costs the Lambdas that read it',
    '',
    '`npm run bench:lambda` writes this page: the code of each step in a process of its own, over `init`’s folder',
    'of a made table of numbers; `train-candidate` is the boosting, the slowest of `init`’s candidates, with',
    'its folds and the nested estimate. Seconds are those of one processor core, memory is the peak of the',
    'process. Artifacts are read from files here and from S3 there; the learning curve, which is left out where',
    'time is short, and Lambda’s own start aren’t in it. Nothing here is extrapolated.',
    '',
    `Measured on ${new Date().toISOString().slice(0, 10)}: ${cpu?.model.trim() ?? 'unknown'}, Node ${process.version}.`,
    '',
    `| rows x columns | CSV | ${STEP_NAMES.map((step) => `\`${step}\``).join(' | ')} |`,
    `|---|---|${STEP_NAMES.map(() => '---|').join('')}`,
    `| the Lambda’s limits | | ${limits.join(' | ')} |`,
    ...lines.map(
      (line) =>
        `| ${line.size.replace('x', ' x ')} | ${line.csvMb.toFixed(0)} MB | ${STEP_NAMES.map((step) => cell(line, step)).join(' | ')} |`,
    ),
    '',
  ].join('\n');
}

const [mode, ...rest] = process.argv.slice(2);
if (mode === '--step') {
  const step = STEP_NAMES.find((name) => name === rest[0]);
  if (step === undefined || rest[1] === undefined) throw new Error('--step STEP FOLDER');
  process.stdout.write(JSON.stringify(await runStep(step, rest[1])));
} else {
  const lines: Line[] = [];
  for (const size of mode === '--only' ? rest : SIZES) {
    lines.push(await measureSize(size));
    // After each: a run that is stopped leaves what it measured.
    writeFileSync(join(PROJECT, 'docs/benchmarks-lambda.md'), page(lines));
  }
}
