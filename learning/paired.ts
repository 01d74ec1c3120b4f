/** The engine's view of domain/paired.ts, which the judgement needs too and which can't look in here. */
export * from '../domain/paired.ts';
