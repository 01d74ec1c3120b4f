/** Where a message goes that no retry can help, with the reason beside it. */
export interface DeadLetters {
  send(body: string, reason: string): Promise<void>;
}
