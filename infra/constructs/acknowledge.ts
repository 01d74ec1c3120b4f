/** Findings of cdk-nag that are meant to be so, each on its construct with its reason. */
import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Acknowledges one wildcard resource of a role's policy. */
export function acknowledge(construct: IConstruct, resource: string, reason: string): void {
  Validations.of(construct).acknowledge({
    id: `AwsSolutions-IAM5[Resource::${flat(construct, resource)}]`,
    reason,
  });
}

/** Acknowledges one rule on one construct. */
export function acknowledgeRule(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions-${rule}`, reason });
}

/** As cdk-nag writes a resource that has references in it: each as `<LogicalId>` or `<Id.Attribute>`. */
function flat(construct: IConstruct, resource: string): string {
  const resolved: unknown = Stack.of(construct).resolve(resource);
  return flatten(resolved);
}

function flatten(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map((v) => flatten(v)).join('');
  if (typeof value !== 'object' || value === null) return '';
  const [[key, inner] = ['', undefined]] = Object.entries(value);
  if (key === 'Ref') return `<${String(inner)}>`;
  if (!Array.isArray(inner)) return '';
  const parts: readonly unknown[] = inner;
  if (key === 'Fn::GetAtt') return `<${parts.map(String).join('.')}>`;
  if (key === 'Fn::Join') {
    const pieces = Array.isArray(parts[1]) ? parts[1] : [];
    return pieces.map((v: unknown) => flatten(v)).join(String(parts[0]));
  }
  return '';
}
