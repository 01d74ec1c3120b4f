/** What a CDK assembly would have running: functions and machines apart from everything else. */
import { createHash } from 'node:crypto';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { LocalStackRefused } from './errors.ts';
import { ACCOUNT, REGION } from './stack.ts';

/** What was deployed to a local stack, as it is kept beside the stack's other files. */
export const Deployed = z.strictObject({
  /** The CDK context: a later synthesis needs the same. */
  context: z.record(z.string(), z.string()),
  /** Function's name → hash of its bundle. */
  functions: z.record(z.string(), z.string()),
  /** State machine's name → its definition, each function by its ARN. */
  machines: z.record(z.string(), z.string()),
  /** Where everything else stands in the templates → hash of it. */
  others: z.record(z.string(), z.string()),
});
export type Deployed = z.infer<typeof Deployed>;

const Resource = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  /** Where the construct and its asset are: of no effect. */
  Metadata: z.unknown().optional(),
});
const Template = z.looseObject({ Resources: z.record(z.string(), Resource) });
type Template = z.infer<typeof Template>;

const FunctionProperties = z.looseObject({
  FunctionName: z.string(),
  /** The hash of the bundle is the asset's name. */
  Code: z.object({ S3Key: z.string().regex(/^[0-9a-f]{64}\.zip$/) }),
});
const MachineProperties = z.looseObject({
  StateMachineName: z.string(),
  DefinitionString: z.string(),
  DefinitionSubstitutions: z.record(z.string(), z.object({ 'Fn::GetAtt': z.array(z.string()) })),
});

/** Reads every template of an assembly. */
export async function readAssembly(folder: string): Promise<Omit<Deployed, 'context'>> {
  const functions: Record<string, string> = {};
  const machines: Record<string, string> = {};
  const others: Record<string, string> = {};
  for (const file of (await readdir(folder)).sort()) {
    if (!file.endsWith('.template.json')) continue;
    const stack = file.slice(0, -'.template.json'.length);
    const template = Template.parse(JSON.parse(await readFile(join(folder, file), 'utf8')));
    const { Resources, ...rest } = template;
    others[stack] = hashOf(rest);
    for (const [id, { Metadata: _, ...resource }] of Object.entries(Resources)) {
      const { Type, Properties } = resource;
      let fixed: Record<string, unknown> = Properties;
      if (Type === 'AWS::Lambda::Function') {
        const { FunctionName, Code } = FunctionProperties.parse(Properties);
        functions[FunctionName] = Code.S3Key.replace('.zip', '');
        fixed = { ...Properties, Code: undefined };
      } else if (Type === 'AWS::StepFunctions::StateMachine') {
        const { StateMachineName } = MachineProperties.parse(Properties);
        machines[StateMachineName] = definitionOf(template, Properties);
        fixed = { ...Properties, DefinitionString: undefined };
      }
      others[`${stack}: ${Type} ${id}`] = hashOf({ ...resource, Properties: fixed });
    }
  }
  return { functions, machines, others };
}

function definitionOf(template: Template, properties: unknown): string {
  const { DefinitionString, DefinitionSubstitutions } = MachineProperties.parse(properties);
  return DefinitionString.replace(/\$\{(\w+)\}/g, (_, placeholder: string) => {
    const id = DefinitionSubstitutions[placeholder]?.['Fn::GetAtt'][0] ?? placeholder;
    const { FunctionName } = FunctionProperties.parse(template.Resources[id]?.Properties);
    return `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${FunctionName}`;
  });
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

export async function writeDeployed(dir: string, deployed: Deployed): Promise<void> {
  const file = fileIn(dir);
  await writeFile(`${file}.${process.pid}`, `${JSON.stringify(deployed)}\n`, { mode: 0o600 });
  await rename(`${file}.${process.pid}`, file);
}

/** Throws `LocalStackRefused` where the stack was never wholly deployed. */
export async function readDeployed(dir: string): Promise<Deployed> {
  const text = await readFile(fileIn(dir), 'utf8').catch(() => undefined);
  if (text === undefined)
    throw new LocalStackRefused(`nothing was deployed to the stack in ${dir}`);
  return Deployed.parse(JSON.parse(text));
}

function fileIn(dir: string): string {
  return join(dir, 'deployed.json');
}
