// What there is to know about the selected node.
import { CloseButton } from '@mantine/core';
import type { ReactNode } from 'react';

import { Json } from '../../ui/Json';
import { KindIcon, familyOf } from './KindIcon';
import styles from './NodePanel.module.css';
import { type DrawnNode, titleOf } from './documents';
import type { Kinds } from './useKinds';

interface Props {
  readonly node: DrawnNode;
  readonly kinds: Kinds;
  readonly close: () => void;
  /** What the page knows of the node besides. */
  readonly children?: ReactNode;
}

/** The panel. */
export function NodePanel({ node, kinds, close, children }: Props) {
  const kind = kinds.get(node.kind);
  return (
    <section className={styles.panel} aria-label="Selected node">
      <header className={styles.head}>
        <KindIcon kind={node.kind} family={familyOf(kind)} />
        <div>
          <h2>{titleOf(node, kind)}</h2>
          <p className={styles.kind}>
            {kind?.label ?? 'Unknown kind'} · <code>{node.key}</code>
          </p>
        </div>
        <CloseButton onClick={close} aria-label="Close" />
      </header>
      {children}
      <Json title="Configuration" value={node.configJson} />
    </section>
  );
}
