// A JSON value, to be read and copied.
import styles from './Json.module.css';

/** Shows a value under a heading; nothing where there is none. */
export function Json({ title, value }: { readonly title: string; readonly value: unknown }) {
  if (value === null || value === undefined) return null;
  return (
    <section className={styles.json}>
      <h3>{title}</h3>
      <pre role="group" aria-label={title} tabIndex={0}>
        {JSON.stringify(value, null, 2)}
      </pre>
    </section>
  );
}
