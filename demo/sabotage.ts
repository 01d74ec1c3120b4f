/**
 * Replaces one Lambda by one that answers with what it gave last: what a step that isn't there, but
 * looks as if it were, would do. The demo must notice.
 */
import {
  GetFunctionCommand,
  LambdaClient,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import { strToU8, zipSync } from 'fflate';
import { STEPS_OF } from './inspect.ts';
import { Stop } from '../cli/output.ts';
import type { ApiClient } from '#client/client.ts';
import { LOCAL_ACCOUNT, physicalNames } from '#contracts/physical-names.ts';

const READY_POLL_MILLIS = 200;

/**
 * Replaces the code of `step` (a function's folder name). record-decision answers each kind of decision
 * with its own last answer.
 *
 * @returns what puts the real code back.
 */
export async function replaceByRecording(of: {
  readonly endpoint: string;
  readonly step: string;
  readonly api: ApiClient;
  /** The run whose outputs are repeated. */
  readonly runId: string;
}): Promise<() => Promise<void>> {
  const states = STEPS_OF.get(of.step);
  if (states === undefined) {
    throw new Stop(2, `--break takes one of ${[...STEPS_OF.keys()].join(', ')}`);
  }
  const { outputs } = await of.api.status(of.runId);
  const recorded = Object.fromEntries(states.map((state) => [state, outputs[state]]));
  const client = new LambdaClient({
    endpoint: of.endpoint,
    region: LOCAL_ACCOUNT.region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const name = physicalNames('local', LOCAL_ACCOUNT).functionName(of.step);
  const { Code } = await client.send(new GetFunctionCommand({ FunctionName: name }));
  const original = await codeAt(Code?.Location ?? '');
  await replace(client, name, zipSync({ 'index.mjs': strToU8(parrot(recorded)) }));
  return () => replace(client, name, original);
}

/** The local AWS signs this URL with keys that it then refuses; it takes an unsigned one. */
async function codeAt(location: string): Promise<Uint8Array> {
  const response = await fetch(location.split('?')[0] ?? '');
  if (!response.ok) throw new Error(`the function's code can't be read: HTTP ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

function parrot(recorded: Readonly<Record<string, unknown>>): string {
  return `const recorded = ${JSON.stringify(recorded)};
const ofDecision = { stage: 'DeployToStaging', promote: 'Promote' };
const ofStage = { CI: 'RecordCiRun', CD: 'RecordCdRun' };
export const handler = async (event) =>
  recorded[ofDecision[event.decision] ?? ofStage[event.stage]] ?? Object.values(recorded)[0];
`;
}

async function replace(client: LambdaClient, name: string, zip: Uint8Array): Promise<void> {
  await client.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: zip }));
  for (;;) {
    const { Configuration } = await client.send(new GetFunctionCommand({ FunctionName: name }));
    if (Configuration?.LastUpdateStatus !== 'InProgress') return;
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MILLIS));
  }
}
