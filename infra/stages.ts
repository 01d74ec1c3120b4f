/** The environments, and everything in which they differ. */
import { RemovalPolicy } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Node } from 'constructs';
import * as z from 'zod';
import { IdentityGroups } from '#contracts/identity-groups.ts';
import { tryParse } from '#contracts/parse.ts';

const common = {
  mlflowTrackingUri: z.url(),
  /** E-mail address → subject, as JSON. */
  people: z.string().default('{}'),
};

/**
 * CDK context by stage.
 *
 * Only the local stage may bring the issuer's keys with it; a deployed one that does is refused, so
 * that nobody can promote a model with a token that he signed himself.
 */
const Context = z.discriminatedUnion('stage', [
  z.strictObject({
    stage: z.literal('local'),
    ...common,
    /** Where the local AWS answers; part of the API's address. */
    endpointUrl: z.url(),
    identityIssuer: z.string().min(1).default('titleholder-local'),
    identityAudience: z.string().min(1).default('titleholder'),
    identityJwks: z.string().min(1),
    /** `1`: functions log every permission they use. */
    recordCalls: z.enum(['0', '1']).default('0'),
  }),
  z.strictObject({
    stage: z.enum(['dev', 'production']),
    ...common,
    identityIssuer: z.url(),
    identityAudience: z.string().min(1),
    identityJwksUri: z.url(),
    /** The claim that holds roles or groups; `roles` unless given. */
    identityRolesClaim: z.string().min(1).optional(),
    /** Group → grants, as JSON; without it the claim holds grants themselves. */
    identityGroups: IdentityGroups.optional(),
  }),
]);
export type Context = z.infer<typeof Context>;
export type StageName = Context['stage'];

export interface Stage {
  readonly name: StageName;
  readonly context: Context;
  /** What a deletion of the stack does to data. */
  readonly removal: RemovalPolicy;
  readonly logRetention: RetentionDays;
  readonly architecture: Architecture;
  /**
   * What only AWS has: WAF, access logs, X-Ray, Step Functions' logs, the bus's resource policy. The
   * local AWS refuses or ignores these types.
   */
  readonly onAws: boolean;
}

const KEYS = [
  'mlflowTrackingUri',
  'people',
  'endpointUrl',
  'identityIssuer',
  'identityAudience',
  'identityJwks',
  'identityJwksUri',
  'identityRolesClaim',
  'identityGroups',
  'recordCalls',
] as const;

/**
 * Reads the stage from CDK context (`-c stage=dev -c mlflowTrackingUri=…`); `local` when none is given.
 *
 * Locally AWS_ENDPOINT_URL and MLFLOW_TRACKING_URI stand in for their keys. Throws with one line a
 * missing, malformed or forbidden key.
 */
export function readStage(node: Node, env: Readonly<Record<string, string | undefined>>): Stage {
  const given: unknown = node.tryGetContext('stage');
  const stage: unknown = given ?? 'local';
  const local =
    stage === 'local'
      ? { endpointUrl: env['AWS_ENDPOINT_URL'], mlflowTrackingUri: env['MLFLOW_TRACKING_URI'] }
      : {};
  const keys = Object.fromEntries(
    KEYS.map((key): [string, unknown] => [key, node.tryGetContext(key)]).filter(
      ([, value]) => value !== undefined,
    ),
  );
  const parsed = tryParse(Context, { ...definedOf(local), ...keys, stage });
  if (!parsed.ok) {
    throw new Error(
      `the context of stage ${typeof stage === 'string' ? stage : JSON.stringify(stage)} is wrong: ${parsed.problem}`,
    );
  }
  return stageOf(parsed.value);
}

export function stageOf(context: Context): Stage {
  const onAws = context.stage !== 'local';
  return {
    name: context.stage,
    context,
    onAws,
    removal: onAws ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    logRetention:
      context.stage === 'production'
        ? RetentionDays.ONE_YEAR
        : onAws
          ? RetentionDays.ONE_MONTH
          : RetentionDays.ONE_WEEK,
    architecture: onAws ? Architecture.ARM_64 : Architecture.X86_64,
  };
}

function definedOf(of: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(of).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
