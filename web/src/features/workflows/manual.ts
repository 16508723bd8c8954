// What a workflow asks before a person starts a run of it, read from its trigger's config. No React here.

/** One question of the form. */
export interface Question {
  readonly name: string;
  readonly label: string;
  readonly input: 'text' | 'number' | 'boolean' | 'date' | 'select';
  readonly required: boolean;
  readonly options: readonly string[];
}

/** How runs are started by hand. */
export interface ManualStart {
  /** Whether a run is about a record. */
  readonly record: boolean;
  readonly questions: readonly Question[];
}

interface StartNode {
  readonly kind: string;
  readonly configJson: unknown;
}

const INPUTS = ['text', 'number', 'boolean', 'date', 'select'] as const;

/** How runs of this graph are started by hand; undefined where they are not. */
export function manualStart(nodes: readonly StartNode[]): ManualStart | undefined {
  const trigger = nodes.find((node) => node.kind === 'manual');
  if (trigger === undefined) return undefined;
  const config = fields(trigger.configJson);
  const form = Array.isArray(config['form']) ? config['form'] : [];
  return { record: config['cardinality'] !== 'none', questions: form.map(fields).map(question) };
}

/** The answers as the API takes them: numbers and booleans as such, what was left empty not at all. */
export function answers(questions: readonly Question[], form: FormData): Record<string, unknown> {
  const given = questions.flatMap(({ name, input }): [string, unknown][] => {
    const text = form.get(`answer.${name}`);
    if (input === 'boolean') return [[name, text === 'on']];
    if (typeof text !== 'string' || text === '') return [];
    return [[name, input === 'number' ? Number(text) : text]];
  });
  return Object.fromEntries(given);
}

function question(field: Readonly<Record<string, unknown>>): Question {
  const name = String(field['name']);
  const options = Array.isArray(field['options']) ? field['options'].map(String) : [];
  return {
    name,
    label: typeof field['label'] === 'string' ? field['label'] : name,
    input: INPUTS.find((input) => input === field['input']) ?? 'text',
    required: field['required'] === true,
    options,
  };
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
