/** Draws the machine from its definition: Mermaid, as GitHub shows it. */
import * as z from 'zod';
import { releaseModel } from './definition.ts';

const Next = z.object({ Next: z.string() });
const Definition = z.object({
  StartAt: z.string(),
  States: z.record(
    z.string(),
    z.looseObject({
      Type: z.string(),
      Resource: z.string().optional(),
      Next: z.string().optional(),
      Default: z.string().optional(),
      Choices: z
        .array(
          z.looseObject({
            Next: z.string(),
            StringEquals: z.string().optional(),
            BooleanEquals: z.boolean().optional(),
            IsNull: z.boolean().optional(),
          }),
        )
        .optional(),
      Catch: z.array(Next.extend({ ErrorEquals: z.array(z.string()) })).optional(),
    }),
  ),
});

/**
 * The diagram, as the README shows it.
 *
 * The Catch of every Task for all errors, and every Choice's default, lead to CloseFailed; they are
 * said in a sentence and not drawn, or the picture would be those arrows.
 */
export function diagram(definition: unknown = releaseModel): string {
  const { StartAt, States } = Definition.parse(definition);
  const lines = [`  [*] --> ${StartAt}`];
  for (const [name, state] of Object.entries(States)) {
    if (state.Type === 'Choice') lines.push(`  ${name}: ${name}?`);
    if (state.Resource?.endsWith('.waitForTaskToken') === true) {
      lines.push(`  ${name}: ${name} (waits)`);
    }
    if (state.Type === 'Map') lines.push(`  ${name}: ${name} (side by side)`);
    for (const rule of state.Choices ?? []) {
      lines.push(`  ${name} --> ${rule.Next}: ${labelOf(rule)}`);
    }
    if (state.Next !== undefined) lines.push(`  ${name} --> ${state.Next}`);
    for (const { ErrorEquals, Next } of state.Catch ?? []) {
      if (!ErrorEquals.includes('States.ALL')) {
        lines.push(`  ${name} --> ${Next}: ${ErrorEquals.join(' or ')}`);
      }
    }
    if (state.Type === 'Succeed' || state.Type === 'Fail') lines.push(`  ${name} --> [*]`);
  }
  return `\`\`\`mermaid
stateDiagram-v2
${lines.join('\n')}
\`\`\`
`;
}

const BEGIN = '<!-- picture:begin (drawn by state-machines/release-model/draw.ts) -->\n';
const END = '<!-- picture:end -->';

/** The README with the picture as the definition is now. Throws when the README has no place for it. */
export function withPicture(readme: string): string {
  const from = readme.indexOf(BEGIN);
  const to = readme.indexOf(END);
  if (from < 0 || to < from) throw new Error('the README has no place for the picture');
  return readme.slice(0, from) + BEGIN + diagram() + readme.slice(to);
}

function labelOf(rule: {
  readonly StringEquals?: string | undefined;
  readonly BooleanEquals?: boolean | undefined;
  readonly IsNull?: boolean | undefined;
}): string {
  if (rule.StringEquals !== undefined) return rule.StringEquals;
  if (rule.BooleanEquals !== undefined) return rule.BooleanEquals ? 'yes' : 'no';
  return rule.IsNull === true ? 'none' : 'some';
}
