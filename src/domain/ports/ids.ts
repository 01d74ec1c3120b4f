export interface Ids {
  /** A fresh, unguessable id of 26 characters. */
  next(): string;
}
