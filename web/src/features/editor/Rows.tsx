// A small table of a config: rows are added, changed and taken away.
import { ActionIcon, Button, Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';

import { CodeField } from './CodeField';
import { labelOf } from './Field';
import styles from './Setup.module.css';
import { type Column, type Row, emptyRow, withColumn } from './rows';

interface Props {
  readonly node: string;
  readonly label: string;
  readonly shape: readonly Column[];
  readonly rows: readonly Row[];
  readonly changed: (rows: readonly Row[]) => void;
}

/** The table. */
export function Rows({ node, label, shape, rows, changed }: Props) {
  return (
    <div role="group" aria-label={label} className={styles.rows}>
      {rows.map((row, index) => (
        // Rows have no name of their own: their place is what they are known by.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={index} className={styles.row}>
          <div className={styles.cells}>
            {shape.map((column) => (
              <Cell
                key={column.name}
                node={node}
                column={column}
                label={`${label} ${index + 1} ${labelOf(column.name).toLowerCase()}`}
                value={row[column.name]}
                changed={(value) =>
                  changed(rows.map((one, at) => (at === index ? withColumn(one, column, value) : one)))
                }
              />
            ))}
          </div>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove ${label} ${index + 1}`}
            onClick={() => changed(rows.filter((_, at) => at !== index))}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </div>
      ))}
      <Button
        variant="default"
        size="compact-xs"
        onClick={() => changed([...rows, emptyRow(shape)])}
        aria-label={`Add to ${label}`}
      >
        Add
      </Button>
    </div>
  );
}

interface CellProps {
  readonly node: string;
  readonly column: Column;
  readonly label: string;
  readonly value: unknown;
  readonly changed: (value: unknown) => void;
}

const NONE = [] as const;

function Cell({ node, column: { name, as }, label, value, changed }: CellProps) {
  const text = typeof value === 'string' ? value : '';
  if (as === 'yes') {
    return (
      <Checkbox
        label={labelOf(name)}
        checked={value === true}
        onChange={(event) => changed(event.currentTarget.checked)}
      />
    );
  }
  if (as === 'expression' || as === 'template') {
    return <CodeField label={label} node={node} text={text} language={as} problems={NONE} changed={changed} />;
  }
  if (as === 'text') {
    return (
      <TextInput
        aria-label={label}
        placeholder={labelOf(name)}
        value={text}
        onChange={(event) => changed(event.currentTarget.value)}
      />
    );
  }
  return (
    <NativeSelect
      aria-label={label}
      data={[...as]}
      value={text}
      onChange={(event) => changed(event.currentTarget.value)}
    />
  );
}
