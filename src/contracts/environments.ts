/** The environments that Titleholder is deployed to: `local` is one machine, the others are AWS accounts. */

export const ENVIRONMENTS = ['local', 'dev', 'production'] as const;
export type EnvironmentName = (typeof ENVIRONMENTS)[number];

/** Of the tokens that the command line signs for the local environment; no other one knows its key. */
export const LOCAL_ISSUER = 'titleholder-local';
export const LOCAL_AUDIENCE = 'titleholder';
