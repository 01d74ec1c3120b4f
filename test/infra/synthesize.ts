/** Synthesizes an environment for tests: templates by what they hold, without bundling the functions. */
import type { App } from 'aws-cdk-lib';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { FUNCTIONS } from '../../infra/bundle.ts';
import { createApp } from '../../infra/create-app.ts';

export const JWKS = '{"keys":[]}';

export const LOCAL = {
  environment: 'local',
  endpointUrl: 'http://127.0.0.1:4566',
  mlflowTrackingUri: 'http://127.0.0.1:5000',
  identityJwks: JWKS,
};
export const DEV = {
  environment: 'dev',
  mlflowTrackingUri: 'https://mlflow.example.com',
  identityIssuer: 'https://id.example.com/',
  identityAudience: 'titleholder',
  identityJwksUri: 'https://id.example.com/.well-known/jwks.json',
};

/** cdk.json's flags: what `cdk` would pass beside the context of the command line. */
const FLAGS: Record<string, unknown> = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../cdk.json'), 'utf8'),
).context;

let bundles: string | undefined;
/** A template says nothing about a function's code, so a line stands for each. */
function codeFolder(): string {
  if (bundles !== undefined) return bundles;
  bundles = mkdtempSync(join(tmpdir(), 'titleholder-bundles-'));
  for (const name of FUNCTIONS) {
    mkdirSync(join(bundles, name));
    writeFileSync(join(bundles, name, 'index.mjs'), `// ${name}\n`);
  }
  return bundles;
}

export function appOf(context: Record<string, string>, env: NodeJS.ProcessEnv = {}): App {
  return createApp({
    context: { ...FLAGS, ...context },
    outdir: mkdtempSync(join(tmpdir(), 'titleholder-cdk-')),
    bundles: codeFolder(),
    env,
  });
}

export interface Resource {
  readonly Type: string;
  readonly Properties?: Record<string, any>;
  readonly DeletionPolicy?: string;
}
export interface CfnTemplate {
  readonly Resources: Record<string, Resource>;
  readonly Outputs?: Record<string, { readonly Value: unknown }>;
}

export function templatesOf(app: App): {
  readonly stateful: CfnTemplate;
  readonly stateless: CfnTemplate;
} {
  const json = (suffix: string): CfnTemplate => {
    const stack = app.node.children.find((c) => c.node.id.endsWith(suffix));
    if (!Stack.isStack(stack)) throw new Error(`no stack ${suffix}`);
    return Template.fromStack(stack).toJSON() as CfnTemplate;
  };
  return { stateful: json('-stateful'), stateless: json('-stateless') };
}

export function ofType(template: CfnTemplate, type: string): [string, Resource][] {
  return Object.entries(template.Resources).filter(([, r]) => r.Type === type);
}
