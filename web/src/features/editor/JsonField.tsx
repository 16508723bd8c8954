// A field for a value that is written as JSON. What is no JSON yet is kept here until it is.
import { Textarea } from '@mantine/core';
import { useEffect, useState } from 'react';

/** The field. */
export function JsonField({
  label,
  value,
  changed,
}: {
  readonly label: string;
  readonly value: unknown;
  readonly changed: (value: unknown) => void;
}) {
  const shown = value === undefined ? '' : JSON.stringify(value, null, 2);
  const [text, setText] = useState(shown);
  const [wrong, setWrong] = useState<string>();
  useEffect(() => setText(shown), [shown]);
  const take = (): void => {
    if (text === shown) return setWrong(undefined);
    try {
      const next: unknown = text.trim() === '' ? undefined : JSON.parse(text);
      setWrong(undefined);
      changed(next);
    } catch {
      setWrong('This is not JSON yet.');
    }
  };
  return (
    <Textarea
      aria-label={label}
      rows={4}
      placeholder="JSON"
      value={text}
      error={wrong}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={take}
    />
  );
}
