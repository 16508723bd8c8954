// How a step is set up: its name, what its kind needs, and what becomes of it when it fails.
import { Checkbox, NativeSelect, TextInput } from '@mantine/core';

import type { DraftNode } from '../../graph/draft';
import { configure, describe } from '../../graph/edit';
import { Field } from './Field';
import styles from './Setup.module.css';
import { useWorkshop } from './context';

/** The form of a step. */
export function Setup({ node }: { readonly node: DraftNode }) {
  const { editor, catalogue, problems } = useWorkshop();
  const kind = catalogue.get(node.kind);
  const mine = problems.filter((problem) => problem.node === node.key);
  const loose = mine.filter(({ field }) => !kind?.fields.some((one) => field?.startsWith(one.name)));
  return (
    <div className={styles.form}>
      <TextInput
        label="Name"
        data-part="name"
        placeholder={kind?.label ?? ''}
        value={node.name ?? ''}
        onChange={({ currentTarget: { value } }) =>
          editor.change((now) => describe(now, node.key, 'name', value), `${node.key} name`)
        }
      />
      {loose.map((problem) => (
        <p key={problem.code + problem.message} className={styles.wrong} data-severity={problem.severity}>
          {problem.message}
        </p>
      ))}
      {kind?.fields.map((field) => (
        <Field
          key={`${node.key} ${field.name}`}
          node={node.key}
          field={field}
          value={node.config[field.name]}
          problems={mine}
          changed={(value) =>
            editor.change((now) => configure(now, node.key, field.name, value), `${node.key} ${field.name}`)
          }
        />
      ))}
      {kind?.family === 'ACTION' && <Failure node={node} />}
    </div>
  );
}

function Failure({ node }: { readonly node: DraftNode }) {
  const { editor } = useWorkshop();
  const say = (trait: 'disabled' | 'retry' | 'timeout' | 'delivery', value: unknown): void =>
    editor.change((now) => describe(now, node.key, trait, value), `${node.key} ${trait}`);
  const attempts = (text: string): void => {
    const { maxAttempts: _, ...others } = node.retry ?? {};
    const next = text === '' ? others : { ...others, maxAttempts: Number(text) };
    say('retry', Object.keys(next).length > 0 ? next : undefined);
  };
  return (
    <details className={styles.more}>
      <summary>When it fails</summary>
      <Checkbox
        label="Does nothing and passes on"
        checked={node.disabled === true}
        onChange={(event) => say('disabled', event.currentTarget.checked)}
      />
      <TextInput
        label="Attempts"
        type="number"
        min={1}
        placeholder="15"
        value={node.retry?.maxAttempts ?? ''}
        onChange={(event) => attempts(event.currentTarget.value)}
      />
      <TextInput
        label="Longest attempt"
        placeholder="PT30S"
        value={node.timeout ?? ''}
        onChange={(event) => say('timeout', event.currentTarget.value)}
      />
      <NativeSelect
        label="Where it can’t be known whether it was done"
        data={[
          { value: '', label: 'As usual' },
          { value: 'atLeastOnce', label: 'Do it again' },
          { value: 'atMostOnce', label: 'Ask a person' },
        ]}
        value={node.delivery ?? ''}
        onChange={(event) => say('delivery', event.currentTarget.value)}
      />
    </details>
  );
}
