/**
 * The whole of AWS that Titleholder needs, and MLflow, as two supervised processes on this machine.
 * Product code sees only what {@link stackVariables} returns: two URLs, a region and made-up keys.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOCAL_ACCOUNT } from '#contracts/physical-names.ts';
import { LocalStackError } from './errors.ts';
import { ANY_PORTS, HOST, listenOnce, portTaken, type Ports } from './ports.ts';

interface StackOptions {
  /** Where state and logs go. What an earlier stack left there is removed: LocalStack keeps nothing
   *  over a restart, so MLflow's records of artifacts in its S3 would point nowhere. */
  readonly dir: string;
  /** Any free ports when left out. */
  readonly ports?: Pick<Ports, 'aws' | 'mlflow'>;
  readonly log?: (line: string) => void;
  /** More variables for LocalStack, e.g. `LAMBDA_LIMITS_CONCURRENT_EXECUTIONS`. */
  readonly localstackEnv?: Readonly<Record<string, string>>;
  /** `false` leaves MLflow out (its URL is then one where nothing listens). */
  readonly mlflow?: boolean;
}

export interface Stack {
  readonly awsEndpointUrl: string;
  readonly mlflowTrackingUri: string;
  readonly dir: string;
  /** Process ids of the two supervisors. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

const PROJECT = resolve(import.meta.dirname, '..');
const READY_LIMIT_MS = 300_000;
const POLL_MS = 100;
/** LocalStack takes 2 to 8 s to shut down in order, and has nothing to save. */
const LOCALSTACK_GRACE_SECONDS = 0.2;
/** MLflow stops in 0.8 s when asked. */
const MLFLOW_GRACE_SECONDS = 3;
const ARTIFACT_BUCKET = 'mlflow-artifacts';
export const { region: REGION, account: ACCOUNT } = LOCAL_ACCOUNT;

export async function startStack(options: StackOptions): Promise<Stack> {
  const dir = resolve(options.dir);
  const log = options.log ?? (() => undefined);
  const withMlflow = options.mlflow ?? true;
  const awsPort = await freePort('aws', options.ports);
  const mlflowPort = await freePort('mlflow', options.ports);
  const urls = {
    awsEndpointUrl: `http://${HOST}:${String(awsPort)}`,
    mlflowTrackingUri: `http://${HOST}:${String(mlflowPort)}`,
  };

  for (const leftover of [
    'localstack',
    'tmp',
    'function-logs',
    'mlflow.db',
    'localstack.log',
    'mlflow.log',
  ]) {
    await rm(join(dir, leftover), { recursive: true, force: true });
  }
  for (const folder of ['localstack', 'tmp', 'function-logs', 'cache']) {
    await mkdir(join(dir, folder), { recursive: true });
  }

  // What takes either server seconds to make anew, and is the same each time.
  await cp(
    join(PROJECT, '.local/venv-localstack/prepared/usr/lib/localstack'),
    join(dir, 'localstack/usr/lib/localstack'),
    { recursive: true },
  ).catch(absent);
  if (withMlflow) {
    await cp(join(PROJECT, '.local/venv-mlflow/empty.db'), join(dir, 'mlflow.db')).catch(absent);
  }

  const began = Date.now();
  const servers = [startLocalStack(dir, awsPort, options.localstackEnv ?? {})];
  // Should this process end without stop(), the supervisors see their pipes close.
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map(stopServer));
  };
  try {
    // MLflow asks for its bucket only when the first artifact comes, so both start at once.
    if (withMlflow) servers.push(startMlflow(dir, mlflowPort, urls.awsEndpointUrl));
    const [localstack, ...others] = servers.map((server) => waitUntilReady(server, log, began));
    await Promise.all([
      localstack?.then(() => makeBucket(urls.awsEndpointUrl, ARTIFACT_BUCKET)),
      ...others,
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  const pids = servers.flatMap(({ process: { pid } }) => (pid === undefined ? [] : [pid]));
  return { ...urls, dir, pids, stop };
}

/** The variables by which the product, the SDKs and the CDK find the local stack. */
export function stackVariables(
  stack: Pick<Stack, 'awsEndpointUrl' | 'mlflowTrackingUri'>,
): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: stack.awsEndpointUrl,
    MLFLOW_TRACKING_URI: stack.mlflowTrackingUri,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** The servers make what wasn't prepared. */
function absent(): void {
  return undefined;
}

interface Server {
  readonly name: string;
  readonly process: ChildProcess;
  readonly healthUrl: string;
  readonly logPath: string;
}

function startLocalStack(
  dir: string,
  port: number,
  extra: Readonly<Record<string, string>>,
): Server {
  const address = `${HOST}:${String(port)}`;
  return startServer({
    name: 'LocalStack',
    python: join(PROJECT, '.local/venv-localstack/bin/python'),
    command: ['-m', 'localstack.runtime.main'],
    graceSeconds: LOCALSTACK_GRACE_SECONDS,
    healthUrl: `http://${address}/_localstack/health`,
    logPath: join(dir, 'localstack.log'),
    env: {
      TMPDIR: join(dir, 'tmp'),
      FILESYSTEM_ROOT: join(dir, 'localstack'),
      XDG_CACHE_HOME: join(dir, 'cache'),
      TITLEHOLDER_NODE: process.env['TITLEHOLDER_NODE'] ?? process.execPath,
      TITLEHOLDER_FUNCTION_LOGS: join(dir, 'function-logs'),
      OVERRIDE_IN_DOCKER: '0',
      DNS_ADDRESS: '0',
      SKIP_SSL_CERT_DOWNLOAD: '1',
      // Telemetry off.
      DISABLE_EVENTS: '1',
      AWS_EC2_METADATA_DISABLED: 'true',
      LOCALSTACK_HOST: address,
      // 127.0.0.1 itself would make the server listen on every interface.
      GATEWAY_LISTEN: `[::ffff:${HOST}]:${String(port)}`,
      SQS_ENDPOINT_STRATEGY: 'path',
      EAGER_SERVICE_LOADING: '0',
      CFN_IGNORE_UNSUPPORTED_RESOURCE_TYPES: '0',
      S3_SKIP_SIGNATURE_VALIDATION: '0',
      LAMBDA_RUNTIME_EXECUTOR: 'process',
      PROVIDER_OVERRIDE_DYNAMODB: 'moto',
      PROVIDER_OVERRIDE_DYNAMODBSTREAMS: 'moto',
      ...extra,
    },
  });
}

function startMlflow(dir: string, port: number, awsEndpointUrl: string): Server {
  return startServer({
    name: 'MLflow',
    python: join(PROJECT, '.local/venv-mlflow/bin/python'),
    command: [
      '-m',
      'mlflow',
      'server',
      ...['--host', HOST, '--port', String(port), '--workers', '1'],
      ...['--backend-store-uri', `sqlite:///${join(dir, 'mlflow.db')}`],
      ...['--artifacts-destination', `s3://${ARTIFACT_BUCKET}`],
      ...['--allowed-hosts', `localhost:*,${HOST}:*`],
    ],
    graceSeconds: MLFLOW_GRACE_SECONDS,
    healthUrl: `http://${HOST}:${String(port)}/health`,
    logPath: join(dir, 'mlflow.log'),
    env: {
      TMPDIR: join(dir, 'tmp'),
      MLFLOW_S3_ENDPOINT_URL: awsEndpointUrl,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_DEFAULT_REGION: REGION,
      AWS_EC2_METADATA_DISABLED: 'true',
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
      MLFLOW_DISABLE_TELEMETRY: 'true',
      DO_NOT_TRACK: 'true',
      // Twenty clients at once exhaust the default pool, and MLflow answers 400 after 30 s.
      MLFLOW_SQLALCHEMYSTORE_POOL_SIZE: '40',
      MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW: '40',
      // Nothing to find, and looking for it costs time and lines in the log.
      GIT_PYTHON_REFRESH: 'quiet',
    },
  });
}

function startServer(server: {
  name: string;
  python: string;
  command: readonly string[];
  graceSeconds: number;
  healthUrl: string;
  logPath: string;
  env: Readonly<Record<string, string>>;
}): Server {
  if (!existsSync(server.python)) {
    throw new LocalStackError(`${server.name} isn't installed: run \`node bin/setup.mjs\` first`);
  }
  const child = spawn(
    server.python,
    [
      join(import.meta.dirname, 'supervise.py'),
      String(server.graceSeconds),
      server.logPath,
      server.python,
      ...server.command,
    ],
    {
      // Not this process's environment: a person's AWS profile or proxy is no business of the servers.
      env: {
        PATH: process.env['PATH'] ?? '/usr/bin:/bin',
        HOME: process.env['HOME'] ?? '/',
        LANG: 'C.UTF-8',
        NO_PROXY: `${HOST},localhost`,
        PYTHONDONTWRITEBYTECODE: '',
        ...server.env,
      },
      cwd: resolve(server.logPath, '..'),
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    },
  );
  child.on('error', () => undefined); // seen as an exit by waitUntilReady
  child.stdin.on('error', () => undefined);
  const { name, healthUrl, logPath } = server;
  return { name, process: child, healthUrl, logPath };
}

async function waitUntilReady(
  server: Server,
  log: (line: string) => void,
  began: number,
): Promise<void> {
  const deadline = Date.now() + READY_LIMIT_MS;
  while (!(await answers(server.healthUrl))) {
    if (hasEnded(server.process)) {
      throw new LocalStackError(
        `${server.name} ended while starting\n${await lastLines(server.logPath)}`,
      );
    }
    if (Date.now() > deadline) {
      throw new LocalStackError(
        `${server.name} didn't answer within ${String(READY_LIMIT_MS / 1000)} s\n${await lastLines(server.logPath)}`,
      );
    }
    await sleep(POLL_MS);
  }
  log(`${server.name} ready after ${((Date.now() - began) / 1000).toFixed(1)} s`);
}

async function stopServer({ process: child }: Server): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** The last lines of a log, or a word that there are none. */
async function lastLines(path: string, lines = 15): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const last = text.trimEnd().split('\n').slice(-lines).join('\n');
  return last === '' ? `(${path} is empty)` : `${last}\n(all of it: ${path})`;
}

/** A bucket needs one PUT. LocalStack doesn't check who asks, but takes the service from the header. */
export async function makeBucket(awsEndpointUrl: string, bucket: string): Promise<void> {
  const response = await fetch(`${awsEndpointUrl}/${bucket}`, {
    method: 'PUT',
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${REGION}/s3/aws4_request, SignedHeaders=host, Signature=0`,
    },
  });
  const text = await response.text();
  if (!response.ok && !text.includes('BucketAlreadyOwnedByYou')) {
    throw new LocalStackError(
      `could not make the bucket ${bucket}: ${String(response.status)} ${text}`,
    );
  }
}

async function freePort(
  part: 'aws' | 'mlflow',
  wanted: StackOptions['ports'] = ANY_PORTS,
): Promise<number> {
  const port = await listenOnce(wanted[part]);
  if (port !== undefined) return port;
  throw portTaken(part, wanted[part]);
}
