/** Starts a local AWS and MLflow on fresh state and deploys the whole app to them. */
import { rm } from 'node:fs/promises';
import { deployLocally } from '../../localstack/deploy.ts';
import { openFrontDoor } from '../../localstack/front-door.ts';
import { ANY_PORTS, type Ports } from '../../localstack/ports.ts';
import { startStack } from '../../localstack/stack.ts';
import { localIssuer, type LocalIssuer } from '#adapters/oidc/local-issuer.ts';
import { endpointsFile, type Endpoints } from '../local-stack.ts';
import { writePrivate } from '../private-files.ts';
import { Stop } from '../output.ts';

const API = '/api';
const STAGING_API = '/staging/api';

export interface RunningStack {
  readonly endpoints: Endpoints;
  readonly issuer: LocalIssuer;
  /** Process ids of what was started; when one is gone, the stack is broken. */
  readonly pids: readonly number[];
  readonly secondsToStart: number;
  readonly secondsToDeploy: number;
  stop(): Promise<void>;
}

/** @param of.folder emptied first: the emulator keeps nothing, so nothing of an old stack is of use. */
export async function bringUp(of: {
  readonly folder: string;
  readonly log: (line: string) => void;
  /** More CDK context. */
  readonly context?: Readonly<Record<string, string>>;
  /** Any free ports when left out. */
  readonly ports?: Ports;
}): Promise<RunningStack> {
  await rm(of.folder, { recursive: true, force: true });
  const issuer = await localIssuer(of.folder);
  const began = performance.now();
  const ports = of.ports ?? ANY_PORTS;
  const stack = await startStack({ dir: of.folder, log: of.log, ports });
  const started = performance.now();
  try {
    of.log('deploying with cdk');
    const outputs = await deployLocally(stack, {
      context: {
        identityIssuer: issuer.issuer,
        identityAudience: issuer.audience,
        identityJwks: JSON.stringify(issuer.jwks),
        ...of.context,
      },
      log: (line) => {
        if (/✅|failed|error/i.test(line)) of.log(line.trim());
      },
    });
    const frontDoor = await openFrontDoor({
      port: ports.api,
      targets: {
        [API]: localUrl(stack.awsEndpointUrl, outputs, 'ApiUrl'),
        [STAGING_API]: localUrl(stack.awsEndpointUrl, outputs, 'StagingApiUrl'),
      },
    });
    const endpoints: Endpoints = {
      schemaVersion: 1,
      awsEndpointUrl: stack.awsEndpointUrl,
      mlflowTrackingUri: stack.mlflowTrackingUri,
      apiUrl: frontDoor.url + API,
      stagingApiUrl: frontDoor.url + STAGING_API,
      outputs,
      pid: process.pid,
    };
    await writePrivate(endpointsFile(of.folder), endpoints);
    return {
      endpoints,
      issuer,
      pids: stack.pids,
      secondsToStart: (started - began) / 1000,
      secondsToDeploy: (performance.now() - started) / 1000,
      stop: async () => {
        await rm(endpointsFile(of.folder), { force: true });
        frontDoor.close();
        await stack.stop();
      },
    };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/** API Gateway's public host name leads to AWS; the emulator answers under a path of its own. */
function localUrl(
  awsEndpointUrl: string,
  outputs: Readonly<Record<string, string>>,
  name: string,
): string {
  const output = outputs[name];
  if (output === undefined) throw new Stop(70, `the deployment has no output ${name}`);
  const url = new URL(output);
  const id = /^([a-z0-9]+)\.execute-api\./.exec(url.hostname)?.[1];
  if (id === undefined) return output.replace(/\/+$/, '');
  return `${awsEndpointUrl}/_aws/execute-api/${id}${url.pathname.replace(/\/+$/, '')}`;
}
