/** The charter a model's runs are judged by. */
export interface AcceptedCharter {
  readonly schemaVersion: 1;
  readonly model: string;
  readonly charter: string;
  readonly acceptedBy: string;
  readonly at: string;
}
