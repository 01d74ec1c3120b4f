/** The engine's view of domain/metrics.ts, which the judgement needs too and which can't look in here. */
export * from '../domain/metrics.ts';
