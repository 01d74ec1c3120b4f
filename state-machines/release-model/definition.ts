/** The machine's definition as data, and how its placeholders name functions. */
import definition from './definition.asl.json' with { type: 'json' };

export const releaseModel: unknown = definition;

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
