/** The gates of a policy, as a schema: of any kind in the list. */
import * as z from 'zod';
import { GATE_KINDS } from './list.ts';

type OwnPolicy = Exclude<(typeof GATE_KINDS)[number]['policy'], null>;

/** What the policy may say of a gate, by its `kind`; without one it is an absolute limit. */
export const GatePolicy = anyOf(
  GATE_KINDS.flatMap(({ policy }): OwnPolicy[] => (policy === null ? [] : [policy])),
);
export type GatePolicy = z.infer<typeof GatePolicy>;

function anyOf([first, ...others]: readonly OwnPolicy[]) {
  if (first === undefined) throw new Error('no kind of gate has a policy');
  return z.discriminatedUnion('kind', [first, ...others]);
}
