export interface EventBus {
  /** Throws `Unavailable` when the bus refused an entry. */
  publish(event: { readonly type: string; readonly detail: unknown }): Promise<void>;
}
