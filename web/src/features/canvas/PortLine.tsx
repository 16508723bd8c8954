// An edge on the canvas, with its port's name where there are several ways out.
import type { EdgeProps } from '@xyflow/react';
import { memo } from 'react';

import styles from './PortLine.module.css';
import { arrow, curve } from './curve';
import type { PortEdge } from './elements';

/** One edge. */
export const PortLine = memo(function PortLine({ id, data, sourceX, sourceY, targetX, targetY }: EdgeProps<PortEdge>) {
  const end = { x: targetX, y: targetY - 2 };
  const start = { x: sourceX, y: sourceY };
  const bends = data?.bends ?? [];
  const sign = data?.forked ? bends[0] : undefined;
  // Upright at the sign, so that edges which part there have come to it as one.
  const path = sign ? curve([start, sign]) + curve([...bends, end]) : curve([start, ...bends, end]);
  return (
    <g className={styles.edge} data-edge={id} data-state={data?.state}>
      <path className={styles.line} d={path} />
      <path className={styles.arrow} d={arrow(end)} />
      {sign && data?.label !== undefined && (
        <text className={styles.label} x={sign.x} y={sign.y + 4} textAnchor="middle">
          {data.label}
        </text>
      )}
    </g>
  );
});
