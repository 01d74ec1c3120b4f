/** The machine's definition as it is deployed, and how its placeholders name functions. */
import source from './definition.asl.json' with { type: 'json' };
import { RETRY } from './retry.ts';

/** `definition.asl.json` with the one Retry in every Task: the text that AWS, the interpreter and the picture get. */
export const releaseModel: unknown = JSON.parse(JSON.stringify(source), (_, value: unknown) =>
  isTask(value) ? { Retry: [RETRY], ...value } : value,
);

function isTask(value: unknown): value is object {
  return typeof value === 'object' && value !== null && 'Type' in value && value.Type === 'Task';
}

/** `evaluate-challenger` → `EvaluateChallenger`, the placeholder that stands for the function's ARN. */
export function placeholderOf(functionName: string): string {
  return functionName.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** `${EvaluateChallenger}` → `evaluate-challenger`; undefined when it isn't a placeholder. */
export function functionOf(placeholder: string): string | undefined {
  const name = /^\$\{([A-Z][A-Za-z]*)\}$/.exec(placeholder)?.[1];
  return name?.replace(/[A-Z]/g, (letter, at: number) =>
    at === 0 ? letter.toLowerCase() : `-${letter.toLowerCase()}`,
  );
}
