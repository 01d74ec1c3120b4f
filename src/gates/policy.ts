/** The gates of a policy, as a schema: of any kind in the list. */
import * as z from 'zod';
import { GATE_KINDS } from './list.ts';

/** What the policy may say of a gate, by its `kind`; without one it is an absolute limit. */
export const GatePolicy = policyOf(GATE_KINDS);
export type GatePolicy = z.infer<typeof GatePolicy>;

function policyOf<Policy extends z.core.$ZodTypeDiscriminable>(
  kinds: readonly { readonly policy: Policy | null }[],
) {
  const [first, ...others] = kinds.flatMap(({ policy }) => (policy === null ? [] : [policy]));
  if (first === undefined) throw new Error('no kind of gate has a policy');
  return z.discriminatedUnion('kind', [first, ...others]);
}
