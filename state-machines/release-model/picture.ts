/** Draws the machine from its definition, as Mermaid, which GitHub shows: the whole, and seven boxes. */
import * as z from 'zod';
import { releaseModel } from './definition.ts';

const Next = z.object({ Next: z.string() });
const State = z.looseObject({
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
});
type State = z.infer<typeof State>;
const Definition = z.object({ StartAt: z.string(), States: z.record(z.string(), State) });

/**
 * Every state and each way out of it.
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
    for (const { to, label } of waysOut(state)) {
      lines.push(`  ${name} --> ${to}${label === undefined ? '' : `: ${label}`}`);
    }
    if (state.Type === 'Succeed' || state.Type === 'Fail') lines.push(`  ${name} --> [*]`);
  }
  return mermaid(['stateDiagram-v2', ...lines]);
}

/** The seven boxes in their order, and the states that are in each; the others end a run. */
export const BOXES: Readonly<Record<string, readonly string[]>> = {
  commit: ['OpenRun', 'CheckCiReport'],
  validate: ['ValidateData', 'IsQuestionOpen', 'WaitForAcceptance', 'WasAccepted'],
  train: [
    ...['QuickTrain', 'RecordCiRun', 'IsHoldAsked', 'WaitForContinue', 'WasContinued'],
    ...['PlanCandidates', 'TrainCandidates', 'ChooseCandidate'],
    ...['IsRetuneAsked', 'ProposeCandidates', 'FullTrain'],
  ],
  judge: ['EvaluateChallenger', 'RecordCdRun', 'WhoDecides'],
  approve: ['WaitForApproval', 'WhatWasAnswered'],
  stage: ['DeployToStaging', 'SmokeTest'],
  promote: ['Promote', 'VerifyPromotion'],
};

/** The boxes and the ways between them: `again` is a way back; a way forward is named where there are two. */
export function overview(
  definition: unknown = releaseModel,
  boxes: Readonly<Record<string, readonly string[]>> = BOXES,
): string {
  const { States } = Definition.parse(definition);
  const names = Object.keys(boxes);
  const boxOf = (state: string): number =>
    names.findIndex((name) => boxes[name]?.includes(state) === true);
  const lines = names.flatMap((name, box) => {
    const labels = new Map<number, string | undefined>();
    for (const { to, label } of (boxes[name] ?? []).flatMap((state) => waysOut(States[state]))) {
      const target = boxOf(to);
      if (target >= 0 && target !== box) labels.set(target, target < box ? 'again' : label);
    }
    const isFork = [...labels.keys()].filter((target) => target > box).length > 1;
    return [...labels].map(([target, of]) => {
      const label = of !== undefined && (isFork || target < box) ? `|${of}|` : '';
      return `  ${name} -->${label} ${names[target] ?? ''}`;
    });
  });
  return mermaid(['flowchart LR', ...lines]);
}

interface WayOut {
  readonly to: string;
  readonly label?: string;
}

/** Choices first, then the next state, then what is caught by name. */
function waysOut(state: State | undefined): readonly WayOut[] {
  if (state === undefined) return [];
  return [
    ...(state.Choices ?? []).map((rule) => ({ to: rule.Next, label: labelOf(rule) })),
    ...(state.Next === undefined ? [] : [{ to: state.Next }]),
    ...(state.Catch ?? [])
      .filter(({ ErrorEquals }) => !ErrorEquals.includes('States.ALL'))
      .map(({ ErrorEquals, Next }) => ({ to: Next, label: ErrorEquals.join(' or ') })),
  ];
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

function mermaid(lines: readonly string[]): string {
  return `\`\`\`mermaid\n${lines.join('\n')}\n\`\`\`\n`;
}

/** The documents with a picture, from the project's root. */
export const PICTURES = {
  'README.md': overview,
  'state-machines/release-model/README.md': () => `${diagram()}\n${boxTable()}`,
} as const;

function boxTable(): string {
  const rows = Object.entries(BOXES).map(([box, states]) => `| ${box} | ${states.join(', ')} |\n`);
  return `| box | its states |\n|---|---|\n${rows.join('')}`;
}

const BEGIN = '<!-- picture:begin (drawn by state-machines/release-model/draw.ts) -->\n';
const END = '<!-- picture:end -->';

/** The document with this picture. Throws where the document has no place for one. */
export function withPicture(document: string, picture: string): string {
  const from = document.indexOf(BEGIN);
  const to = document.indexOf(END);
  if (from < 0 || to < from) throw new Error('the document has no place for the picture');
  return document.slice(0, from) + BEGIN + picture + document.slice(to);
}
