/** Finds columns that give the target away: their cells are hardly known before the target is. */
import * as z from 'zod';
import { type Check, GATE_FIELDS, type Judgement, measurement, policyGate } from './gate-kind.ts';
import { unmeasured } from './verdict.ts';

/** What makes a column suspect. */
export const Leak = z.object({
  column: z.string(),
  /** Of the training rows, in the best order that the column's cells alone give. */
  auc: z.number(),
  /** Whether it has two values, one a class. */
  isTarget: z.boolean(),
  /** The word in its name that says it is known only afterwards. */
  word: z.union([z.null(), z.string()]),
});
export type Leak = z.infer<typeof Leak>;

/** Above this AUC alone the evidence has a column, so that a policy may be stricter than 0.98. */
export const SUSPECT = 0.9;
/** From this one on it is no feature that anybody had beforehand. */
export const GIVEN_AWAY = 0.98;

/** Columns of the training rows that are suspect, the most suspect first. */
export const alone = measurement('alone', z.object({ target: z.string(), columns: z.array(Leak) }));

/** One sentence that names the column and ends in the question to ask; null for one that may stay. */
export function leakSentence(
  { column, auc, isTarget, word }: Leak,
  target: string,
  max: number = GIVEN_AWAY,
): string | null {
  const question = `is it known before ${target} is?`;
  if (auc >= max) {
    return isTarget
      ? `'${column}' is the target in other words: ${question}`
      : `'${column}' alone gives the target away (AUC ${auc.toFixed(4)}): ${question}`;
  }
  return word === null
    ? null
    : `'${column}' may be known only afterwards, by its name (${word}): ${question}`;
}

const SHOWN = 3;

/** Without a gate in the policy it warns. What a name says is never more than a warning. */
export const leak = policyGate({
  kind: 'leak',
  measurements: [alone],
  policy: z.strictObject({
    kind: z.literal('leak'),
    ...GATE_FIELDS,
    /** A column's AUC alone must be below it. */
    max: z.number().gt(0.5).max(1).default(GIVEN_AWAY),
  }),
  standing: { since: 2, gate: { kind: 'leak', name: 'leak', mode: 'warn', max: GIVEN_AWAY } },
  judge({ measurements }, { name, mode, max }): Judgement {
    if (mode === 'off') return {};
    const found = measurements.alone;
    if (found === undefined) {
      const reason = `gate '${name}' needs to know how columns do alone, which was not measured`;
      return mode === 'warn' ? {} : { rulings: [unmeasured(mode, reason)] };
    }
    const { target, columns } = found;
    const said = (some: readonly Leak[]): string[] =>
      some.flatMap((one) => leakSentence(one, target, max) ?? []);
    const given = said(columns.filter(({ auc }) => auc >= max));
    const named = said(columns.filter(({ auc }) => !(auc >= max)));
    const passed = given.length === 0;
    const message = passed ? `no column alone has an AUC of ${max} or more` : shown(given);
    const byName: Check = {
      name: 'leak-by-name',
      mode: 'warn',
      passed: false,
      message: shown(named),
    };
    return { checks: [{ name, mode, passed, message }, ...(named.length === 0 ? [] : [byName])] };
  },
});

function shown(sentences: readonly string[]): string {
  const more = sentences.length - SHOWN;
  return `${sentences.slice(0, SHOWN).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}
