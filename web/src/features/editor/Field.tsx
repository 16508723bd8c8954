// A field of a step's form, by how the catalogue says that it is filled in.
import { Checkbox, NativeSelect, TextInput } from '@mantine/core';

import { isObject } from '../../graph/draft';
import { CodeField } from './CodeField';
import { JsonField } from './JsonField';
import { Rows } from './Rows';
import { CASE, FORM, ORDER, PARAMETER, mapOf, pairs, type Row } from './rows';
import styles from './Setup.module.css';
import { WorkflowField } from './WorkflowField';
import { useWorkshop } from './context';
import type { EditedProblem, KindField } from './documents';

interface Props {
  readonly node: string;
  readonly field: KindField;
  readonly value: unknown;
  readonly problems: readonly EditedProblem[];
  readonly changed: (value: unknown) => void;
}

/** The field with its label, what it is, and what is wrong with it. */
export function Field({ node, field, value, problems, changed }: Props) {
  const about = problems.filter(
    (one) =>
      one.field !== null &&
      (one.field === field.name || one.field.startsWith(`${field.name}.`) || one.field.startsWith(`${field.name}[`)),
  );
  const label = labelOf(field.name);
  return (
    <div className={styles.field} data-field={field.name}>
      <span className={styles.label}>
        {label}
        {field.required && <span aria-hidden> *</span>}
      </span>
      <Control node={node} field={field} label={label} value={value} problems={about} changed={changed} />
      <p className={styles.hint}>{field.description}</p>
      {about.map((one) => (
        <p key={one.code + one.message} className={styles.wrong} data-severity={one.severity}>
          {one.message}
          {one.suggestion && !one.message.includes(one.suggestion) && `; did you mean ${one.suggestion}?`}
        </p>
      ))}
    </div>
  );
}

/** `dateField` → `Date field` */
export function labelOf(name: string): string {
  const words = name.replaceAll(/([A-Z])/g, ' $1').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

type ControlProps = Props & { readonly label: string };

function Control({ node, field, label, value, problems, changed }: ControlProps) {
  const { objects } = useWorkshop();
  const text = typeof value === 'string' ? value : '';
  const written = (next: string): void => changed(next === '' ? undefined : next);
  const code = (language: 'expression' | 'template') => (
    <CodeField label={label} node={node} text={text} language={language} problems={problems} changed={written} />
  );
  const rows = (shape: typeof CASE) => (
    <Rows
      node={node}
      label={label}
      shape={shape}
      rows={listOf(value)}
      changed={(next) => changed(next.length > 0 ? next : undefined)}
    />
  );
  switch (field.input) {
    case 'CONDITION':
    case 'EXPRESSION':
      return code('expression');
    case 'TEMPLATE':
      return code('template');
    case 'TEMPLATES':
      return (
        <Rows
          node={node}
          label={label}
          shape={[{ name: 'text', as: 'template' }]}
          rows={textsOf(value).map((one) => ({ text: one }))}
          changed={(next) => changed(next.length > 0 ? next.map((row) => row['text'] ?? '') : undefined)}
        />
      );
    case 'VALUES':
      return (
        <Rows
          node={node}
          label={label}
          shape={[
            { name: 'name', as: 'text' },
            { name: 'value', as: 'template' },
          ]}
          rows={pairs(value)}
          changed={(next) => changed(mapOf(next))}
        />
      );
    case 'EXPRESSIONS':
      return (
        <Rows
          node={node}
          label={label}
          shape={[
            { name: 'name', as: 'text' },
            { name: 'value', as: 'expression' },
          ]}
          rows={pairs(value)}
          changed={(next) => changed(mapOf(next))}
        />
      );
    case 'CASES':
      return rows(CASE);
    case 'ORDER_BY':
      return rows(ORDER);
    case 'PARAMETERS':
      return rows(PARAMETER);
    case 'FORM':
      return rows(FORM);
    case 'OBJECT':
      return (
        <NativeSelect
          aria-label={label}
          data={['', ...objects.keys()]}
          value={text}
          onChange={(event) => written(event.currentTarget.value)}
        />
      );
    case 'CHOICE':
      return (
        <NativeSelect
          aria-label={label}
          data={['', ...(field.options ?? [])]}
          value={text}
          onChange={(event) => written(event.currentTarget.value)}
        />
      );
    case 'BOOLEAN':
      return (
        <Checkbox
          aria-label={label}
          checked={value === true}
          onChange={(event) => changed(event.currentTarget.checked)}
        />
      );
    case 'NUMBER':
      return (
        <TextInput
          aria-label={label}
          type="number"
          value={typeof value === 'number' ? value : ''}
          onChange={({ currentTarget: { value: next } }) => changed(next === '' ? undefined : Number(next))}
        />
      );
    case 'NUMBERS':
    case 'FIELD_NAMES':
      return <List label={label} numbers={field.input === 'NUMBERS'} value={value} changed={changed} />;
    case 'WORKFLOW':
      return <WorkflowField label={label} value={text} changed={written} />;
    case 'JSON':
    case 'SEARCH':
    case 'UNTIL_TIME':
      return <JsonField label={label} value={value} changed={changed} />;
    case 'DURATION':
    case 'OFFSET':
    case 'CRON':
    case 'TIME_ZONE':
    case 'TIME_OF_DAY':
    case 'FIELD_NAME':
    case 'TEXT':
      return <TextInput aria-label={label} value={text} onChange={(event) => written(event.currentTarget.value)} />;
  }
}

/** Names or numbers with commas between. What is being typed stands until the field is left. */
function List({
  label,
  numbers,
  value,
  changed,
}: {
  readonly label: string;
  readonly numbers: boolean;
  readonly value: unknown;
  readonly changed: (value: unknown) => void;
}) {
  const shown = Array.isArray(value) ? value.join(', ') : '';
  const take = (text: string): void => {
    const parts = text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
    changed(parts.length === 0 ? undefined : numbers ? parts.map(Number) : parts);
  };
  return (
    <TextInput
      key={shown}
      aria-label={label}
      placeholder="Separated by commas"
      defaultValue={shown}
      onBlur={(event) => event.currentTarget.value !== shown && take(event.currentTarget.value)}
    />
  );
}

const textsOf = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];

const listOf = (value: unknown): Row[] => (Array.isArray(value) ? value.filter(isObject) : []);
