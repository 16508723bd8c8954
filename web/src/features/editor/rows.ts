// Lists and maps of a config as rows of a small table, and back. No React here.
import { isObject } from '../../graph/draft';

/** A row: values by column. */
export type Row = Readonly<Record<string, unknown>>;

/** A column, and how it is filled in. */
export interface Column {
  readonly name: string;
  readonly as: 'text' | 'expression' | 'template' | 'yes' | readonly string[];
}

export const CASE: readonly Column[] = [
  { name: 'name', as: 'text' },
  { name: 'condition', as: 'expression' },
];
export const ORDER: readonly Column[] = [
  { name: 'field', as: 'text' },
  { name: 'direction', as: ['ASC', 'DESC'] },
];
export const PARAMETER: readonly Column[] = [
  { name: 'name', as: 'text' },
  { name: 'type', as: ['text', 'integer', 'decimal', 'boolean', 'date', 'dateTime', 'record', 'any'] },
  { name: 'object', as: 'text' },
  { name: 'required', as: 'yes' },
];
export const FORM: readonly Column[] = [
  { name: 'name', as: 'text' },
  { name: 'label', as: 'text' },
  { name: 'input', as: ['text', 'number', 'boolean', 'date', 'select'] },
  { name: 'required', as: 'yes' },
];

/** The rows of a map. What is no text is written as the expression that gives it. */
export function pairs(value: unknown): readonly Row[] {
  if (!isObject(value)) return [];
  return Object.entries(value).map(([name, one]) => ({
    name,
    value: typeof one === 'string' ? one : `{{ ${JSON.stringify(one)} }}`,
  }));
}

/** The map of rows; a row without a name is kept under an empty one while it is written. */
export function mapOf(rows: readonly Row[]): Record<string, unknown> | undefined {
  if (rows.length === 0) return undefined;
  return Object.fromEntries(rows.map((row) => [String(row['name'] ?? ''), row['value'] ?? '']));
}

/** An empty row: what has to be chosen is what comes first. */
export function emptyRow(shape: readonly Column[]): Row {
  return Object.fromEntries(
    shape.flatMap(({ name, as }) => (as === 'yes' ? [] : [[name, typeof as === 'string' ? '' : (as[0] ?? '')]])),
  );
}

/** The row with a column set; what is empty and may be left out is. */
export function withColumn(row: Row, { name, as }: Column, value: unknown): Row {
  const { [name]: _, ...others } = row;
  const empty = value === false || (value === '' && as === 'text' && name !== 'name' && name !== 'field');
  return empty ? others : { ...row, [name]: value };
}
