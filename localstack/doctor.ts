/** What `titleholder doctor` tells: whether this machine and a local stack are as they must be. */
import { statfs } from 'node:fs/promises';
import { get } from 'node:http';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { health, listenOnce } from './stack.ts';

export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do; present when `ok` is false. */
  readonly fix?: string;
}

const PROJECT = resolve(import.meta.dirname, '..');
const NEEDED_BYTES = 1e9;
const DEFAULT_AWS_PORT = 4566;
const DEFAULT_MLFLOW_PORT = 5000;

/** Looks, changes nothing. The stack is looked for at AWS_ENDPOINT_URL and MLFLOW_TRACKING_URI, else
 *  at TITLEHOLDER_AWS_PORT and TITLEHOLDER_MLFLOW_PORT. */
export async function diagnose(env: NodeJS.ProcessEnv = process.env): Promise<Finding[]> {
  const awsPort = Number(env['TITLEHOLDER_AWS_PORT'] ?? DEFAULT_AWS_PORT);
  const mlflowPort = Number(env['TITLEHOLDER_MLFLOW_PORT'] ?? DEFAULT_MLFLOW_PORT);
  const urls = {
    awsEndpointUrl: env['AWS_ENDPOINT_URL'] ?? `http://127.0.0.1:${String(awsPort)}`,
    mlflowTrackingUri: env['MLFLOW_TRACKING_URI'] ?? `http://127.0.0.1:${String(mlflowPort)}`,
  };
  const running = await health(urls);
  const looked = await Promise.all([
    server('LocalStack', 'venv-localstack', 'localstack-core'),
    server('MLflow', 'venv-mlflow', 'mlflow'),
    disk(),
    endpoint('AWS endpoint', urls.awsEndpointUrl, running.aws, 'TITLEHOLDER_AWS_PORT'),
    endpoint('MLflow endpoint', urls.mlflowTrackingUri, running.mlflow, 'TITLEHOLDER_MLFLOW_PORT'),
    ...(running.mlflow ? [hostCheck(urls.mlflowTrackingUri)] : []),
  ]);
  return [node(), ...looked];
}

function node(): Finding {
  const ok = Number(process.versions.node.split('.')[0]) >= 24;
  return {
    name: 'Node',
    ok,
    detail: `${process.version} at ${process.execPath}`,
    ...(ok ? {} : { fix: 'start through `npx titleholder`, which brings Node 24' }),
  };
}

async function server(name: string, venv: string, distribution: string): Promise<Finding> {
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

async function disk(): Promise<Finding> {
  const { bavail, bsize } = await statfs(PROJECT);
  const free = bavail * bsize;
  const detail = `${(free / 1e9).toFixed(1)} GB free`;
  return free >= NEEDED_BYTES
    ? { name: 'Disk', ok: true, detail }
    : { name: 'Disk', ok: false, detail, fix: 'free at least 1 GB' };
}

/** Nothing there is fine (the stack is down); something else there is not. */
async function endpoint(
  name: string,
  url: string,
  answering: boolean,
  variable: string,
): Promise<Finding> {
  if (answering) return { name, ok: true, detail: `${url} answers` };
  const { port, hostname } = new URL(url);
  const local = hostname === '127.0.0.1' || hostname === 'localhost';
  if (!local) {
    return {
      name,
      ok: false,
      detail: `${url} doesn't answer`,
      fix: 'correct the URL or start what it names',
    };
  }
  if ((await listenOnce(Number(port))) !== undefined) {
    return { name, ok: true, detail: `${url} is free (the local stack is down)` };
  }
  return {
    name,
    ok: false,
    detail: `port ${port} is taken by something else`,
    fix: `set ${variable} to a free port`,
  };
}

/** MLflow must refuse a foreign Host header: a page of another site could reach it otherwise (DNS
 *  rebinding). fetch can't set that header, http.get can. */
async function hostCheck(url: string): Promise<Finding> {
  const name = 'MLflow host check';
  const status = await new Promise<number | undefined>((answered) => {
    get(
      `${url}/api/2.0/mlflow/experiments/search?max_results=1`,
      { headers: { host: 'evil.example' } },
      (response) => {
        response.resume();
        answered(response.statusCode);
      },
    ).on('error', () => {
      answered(undefined);
    });
  });
  const detail = `a foreign Host header gets ${String(status ?? 'no answer')}`;
  return status === 403
    ? { name, ok: true, detail }
    : { name, ok: false, detail, fix: 'start MLflow with --allowed-hosts' };
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
