export const ROLES = [
  'viewer',
  'caller',
  'committer',
  'approver',
  'compliance',
  'operator',
  'admin',
] as const;
export type Role = (typeof ROLES)[number];

export interface Principal {
  readonly subject: string;
  /** A grant without `model` holds for every model. */
  readonly grants: readonly { readonly role: Role; readonly model?: string }[];
}
