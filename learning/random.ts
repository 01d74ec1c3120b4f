/** The engine's view of domain/random.ts, which the judgement needs too and which can't look in here. */
export * from '../domain/random.ts';
