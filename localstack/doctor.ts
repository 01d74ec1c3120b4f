/** What `titleholder doctor` reports: whether this machine and a local stack are as they must be. */
import { statfs } from 'node:fs/promises';
import { get } from 'node:http';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ANSWERING, askedPort, listenOnce, USUAL_PORTS } from './ports.ts';

interface Diagnosis {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do; present when `ok` is false. */
  readonly fix?: string;
}

const PROJECT = resolve(import.meta.dirname, '..');
const NEEDED_BYTES = 1e9;
const ANSWER_LIMIT_MS = 10_000;

/** Where a stack that is up answers. */
interface Answering {
  readonly apiUrl: string;
  readonly mlflowTrackingUri: string;
  readonly awsEndpointUrl: string;
}

/** Only reads. Without a stack that is up, it checks the ports of the next start. */
export async function diagnose(
  running: Answering | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Diagnosis[]> {
  const looked = await Promise.all([
    server('LocalStack', 'venv-localstack', 'localstack-core'),
    server('MLflow', 'venv-mlflow', 'mlflow'),
    disk(),
    ...(running === undefined ? portsOfTheNextStart(env) : answersOf(running)),
  ]);
  return [node(), ...looked];
}

function answersOf(running: Answering): Promise<Diagnosis>[] {
  return [
    endpoint('API', running.apiUrl, '/health'),
    endpoint('MLflow', running.mlflowTrackingUri, '/health'),
    endpoint('local AWS', running.awsEndpointUrl, '/_localstack/health'),
    hostCheck('API', `${running.apiUrl}/health`),
    hostCheck(
      'MLflow',
      `${running.mlflowTrackingUri}/api/2.0/mlflow/experiments/search?max_results=1`,
    ),
  ];
}

function portsOfTheNextStart(
  env: Readonly<Record<string, string | undefined>>,
): Promise<Diagnosis>[] {
  return (['api', 'mlflow', 'aws'] as const).map(async (part) => {
    const { variable } = ANSWERING[part];
    const name = `port of ${ANSWERING[part].name}`;
    try {
      const [port] = [askedPort(env, variable) ?? USUAL_PORTS[part]];
      if ((await listenOnce(port)) !== undefined) {
        return { name, ok: true, detail: `${port} is free (the local stack is down)` };
      }
      return askedPort(env, variable) === undefined
        ? { name, ok: true, detail: `${port} is taken: the next start takes another one` }
        : { name, ok: false, detail: `${port} is taken`, fix: `set ${variable} to a free one` };
    } catch (error) {
      return { name, ok: false, detail: firstLine(error), fix: `set ${variable} to a free one` };
    }
  });
}

function node(): Diagnosis {
  const ok = Number(process.versions.node.split('.')[0]) >= 24;
  return {
    name: 'Node',
    ok,
    detail: `${process.version} at ${process.execPath}`,
    ...(ok ? {} : { fix: 'start through `npx titleholder`, which brings Node 24' }),
  };
}

async function server(name: string, venv: string, distribution: string): Promise<Diagnosis> {
  const python = join(PROJECT, '.local', venv, 'bin/python');
  const fix = 'run `node bin/setup.mjs`';
  if (!existsSync(python)) return { name, ok: false, detail: 'not installed', fix };
  const ask = `import sys, importlib.metadata as m; print(m.version("${distribution}"), "on Python", sys.version.split()[0])`;
  try {
    const { stdout } = await promisify(execFile)(python, ['-c', ask]);
    return { name, ok: true, detail: stdout.trim() };
  } catch (error) {
    return { name, ok: false, detail: firstLine(error), fix: `remove .local/${venv} and ${fix}` };
  }
}

async function disk(): Promise<Diagnosis> {
  const { bavail, bsize } = await statfs(PROJECT);
  const free = bavail * bsize;
  const detail = `${(free / 1e9).toFixed(1)} GB free`;
  return free >= NEEDED_BYTES
    ? { name: 'Disk', ok: true, detail }
    : { name: 'Disk', ok: false, detail, fix: 'free at least 1 GB' };
}

/** Any answer but a server's error will do: the API refuses who brings no token. */
async function endpoint(what: string, url: string, path: string): Promise<Diagnosis> {
  const status = await statusOf(`${url}${path}`);
  return status !== undefined && status < 500
    ? { name: what, ok: true, detail: `${url} answers` }
    : {
        name: what,
        ok: false,
        detail: `${url} ${status === undefined ? "doesn't answer" : `answers ${status}`}`,
        fix: 'look at the logs of the stack, or start it anew',
      };
}

/** A foreign Host header must be refused: a page of another site could come in otherwise (DNS
 *  rebinding). */
async function hostCheck(what: string, url: string): Promise<Diagnosis> {
  const name = `${what} host check`;
  const status = await statusOf(url, { host: 'evil.example' });
  const detail = `a foreign Host header gets ${status ?? 'no answer'}`;
  return status === 403
    ? { name, ok: true, detail }
    : { name, ok: false, detail, fix: 'start the stack by `npm start`, which sets the check' };
}

/** By http.get: fetch can't set a Host header. */
async function statusOf(url: string, headers = {}): Promise<number | undefined> {
  return new Promise((answered) => {
    get(url, { headers, timeout: ANSWER_LIMIT_MS }, (response) => {
      response.resume();
      answered(response.statusCode);
    })
      .on('timeout', () => {
        answered(undefined);
      })
      .on('error', () => {
        answered(undefined);
      });
  });
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
