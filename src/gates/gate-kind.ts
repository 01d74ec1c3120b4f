/** What a kind of gate is: what the policy says of it, what it reads of the evidence, how it judges. */
import * as z from 'zod';
import type { JudgedModels, MeasurePlan } from './judged.ts';
import type { GateRow, Ruling } from './verdict.ts';

/** Something measured beside the models' metrics; the evidence holds it under its name. */
export interface Measurement<Name extends string = string, Schema extends z.ZodType = z.ZodType> {
  readonly name: Name;
  readonly schema: Schema;
}

export function measurement<const Name extends string, Schema extends z.ZodType>(
  name: Name,
  schema: Schema,
): Measurement<Name, Schema> {
  return { name, schema };
}

/** Evidence as far as a gate reads it; a measurement that was not made is absent. */
export type Given<M extends Measurement> = JudgedModels & {
  readonly measurements: {
    readonly [One in M as One['name']]?: z.output<One['schema']> | undefined;
  };
};

export type Mode = 'off' | 'warn' | 'enforce';

/** What every gate in a policy says. */
export const GATE_FIELDS = {
  name: z.string().regex(/^[a-z0-9-]{1,40}$/),
  mode: z.enum(['off', 'warn', 'enforce']).default('enforce'),
};
/** A gate of any kind. Without `kind` it is an absolute limit. */
export interface PolicyGate {
  readonly kind?: string | undefined;
  readonly name: string;
  readonly mode: Mode;
}
export const KIND_WITHOUT_NAME = 'absolute-limit';

export function gateKindOf(gate: PolicyGate): string {
  return gate.kind ?? KIND_WITHOUT_NAME;
}

/** A condition that holds or doesn't; a failed `enforce` rejects, a failed `warn` is only said. */
export interface Check {
  readonly name: string;
  readonly mode: 'warn' | 'enforce';
  readonly passed: boolean;
  readonly message: string;
}

/** What a gate finds; a list is absent where the gate has nothing to put into it. */
export interface Judgement {
  /** Its lines among the verdict's gates. */
  readonly rows?: readonly GateRow[];
  readonly rulings?: readonly Ruling[];
  /** Said whether they hold or not. */
  readonly checks?: readonly Check[];
}

/** By what a gate judges, beside its own limits. */
export interface JudgedBy {
  /** The charter's; the evidence says by which it was measured. */
  readonly plan: MeasurePlan;
  /** See `RULES`: a judgement of an older number stays as it was. */
  readonly rules: number;
}

/** Something legal in a policy and still unwise. */
export interface GateRemark {
  /** error: the limit can't do what it says · warning: it is loose. */
  readonly level: 'error' | 'warning';
  readonly what: string;
}

/** A kind of gate, as the list has it. */
export interface GateKind<
  Kind extends string = string,
  M extends Measurement = Measurement,
  Policy extends z.ZodType<PolicyGate> | null = z.ZodType<PolicyGate> | null,
> {
  readonly kind: Kind;
  /** comparison: decides where every condition holds · condition: what must hold. */
  readonly role: 'condition' | 'comparison';
  /** What it reads of the evidence beside the models' metrics. */
  readonly measurements: readonly M[];
  /** What a policy may say of it; null: nothing. */
  readonly policy: Policy;
  /** Judged too where the policy has none of the kind, from this number of the rules on. */
  readonly standing: { readonly since: number; readonly gate: PolicyGate } | null;
  /** Nothing where the gate is of another kind. */
  readonly judge: (evidence: Given<M>, gate: PolicyGate, by: JudgedBy) => Judgement;
  readonly lint: (gate: PolicyGate) => readonly GateRemark[];
}

/** A kind that a policy may have gates of. */
export function policyGate<
  const Kind extends string,
  M extends Measurement,
  Policy extends z.ZodType<PolicyGate>,
>(of: {
  readonly kind: Kind;
  readonly measurements: readonly M[];
  readonly policy: Policy;
  readonly standing?: { readonly since: number; readonly gate: z.output<Policy> };
  readonly judge: (evidence: Given<M>, gate: z.output<Policy>, by: JudgedBy) => Judgement;
  readonly lint?: (gate: z.output<Policy>) => readonly GateRemark[];
}): GateKind<Kind, M, Policy> & {
  readonly isOwn: (gate: PolicyGate) => gate is PolicyGate & z.output<Policy>;
} {
  const isOwn = (gate: PolicyGate): gate is PolicyGate & z.output<Policy> =>
    gateKindOf(gate) === of.kind;
  return {
    role: 'condition',
    kind: of.kind,
    measurements: of.measurements,
    policy: of.policy,
    standing: of.standing ?? null,
    judge: (evidence, gate, by) => (isOwn(gate) ? of.judge(evidence, gate, by) : {}),
    lint: (gate) => (isOwn(gate) ? (of.lint?.(gate) ?? []) : []),
    isOwn,
  };
}

/** A kind that judges everything and that no policy names. */
export function standingGate<const Kind extends string, M extends Measurement>(of: {
  readonly kind: Kind;
  readonly role: 'condition' | 'comparison';
  readonly measurements: readonly M[];
  readonly since: number;
  readonly judge: (evidence: Given<M>, by: JudgedBy) => Judgement;
}): GateKind<Kind, M, null> {
  const { kind, role, measurements, since } = of;
  return {
    kind,
    role,
    measurements,
    policy: null,
    standing: { since, gate: { kind, name: kind, mode: 'enforce' } },
    judge: (evidence, _gate, by) => of.judge(evidence, by),
    lint: () => [],
  };
}
