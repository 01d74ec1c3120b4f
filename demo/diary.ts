/** What happened, as it is told to a person, and to a machine. */

export type Outcome = 'promoted' | 'rejected_by_gate' | 'rejected' | 'rolled_back' | 'duplicate';

export interface Champion {
  readonly version: number;
  readonly sha256: string;
  readonly commit: string;
  /** ISO 8601 UTC, from the ledger. */
  readonly at: string;
}

/** The document of `npm run demo -- --json FILE`. */
export interface StoryReport {
  readonly model: string;
  readonly steps: readonly {
    readonly name: string;
    readonly seconds: number;
    readonly outcome: string;
  }[];
  /** Every change of the champion, in order of time: rollbacks too. */
  readonly champions: readonly Champion[];
  readonly decisions: readonly {
    readonly commit: string;
    readonly outcome: Outcome;
    readonly reason: string;
  }[];
  /** From the second commit's start to its question, with warm functions. */
  readonly secondsToAwaitingApproval: number;
  /** From the second approval to the first answer of the new version. */
  readonly secondsToServe: number;
  /** From the rollback's request to the first answer of the old version, under load. */
  readonly secondsToRollBack: number;
}

export interface Diary {
  readonly step: (name: string, seconds: number, outcome: string) => void;
  readonly champion: (champion: Champion) => void;
  readonly decision: (commit: string, outcome: Outcome, reason: string) => void;
  readonly measure: (name: Measure, seconds: number) => void;
  /** What is known so far; a measure that wasn't taken is NaN, in JSON null. */
  readonly report: () => StoryReport;
}
type Measure = 'secondsToAwaitingApproval' | 'secondsToServe' | 'secondsToRollBack';

export function newDiary(model: string): Diary {
  const steps: StoryReport['steps'][number][] = [];
  const champions: Champion[] = [];
  const decisions: StoryReport['decisions'][number][] = [];
  const measures = new Map<Measure, number>();
  const measured = (name: Measure) => measures.get(name) ?? Number.NaN;
  return {
    step: (name, seconds, outcome) =>
      void steps.push({ name, seconds: Math.round(seconds * 1000) / 1000, outcome }),
    champion: (champion) => void champions.push(champion),
    decision: (commit, outcome, reason) => void decisions.push({ commit, outcome, reason }),
    measure: (name, seconds) => void measures.set(name, Math.round(seconds * 1000) / 1000),
    report: () => ({
      model,
      steps: [...steps],
      champions: [...champions],
      decisions: [...decisions],
      secondsToAwaitingApproval: measured('secondsToAwaitingApproval'),
      secondsToServe: measured('secondsToServe'),
      secondsToRollBack: measured('secondsToRollBack'),
    }),
  };
}
