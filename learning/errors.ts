/** The engine's view of domain/learning-error.ts, which the measures throw too. */
export * from '../domain/learning-error.ts';
