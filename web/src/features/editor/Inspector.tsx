// What there is to set, to try out and to see about the selected step.
import { Button, Checkbox, CloseButton, SegmentedControl } from '@mantine/core';
import { IconPin, IconPinnedOff } from '@tabler/icons-react';
import { useState } from 'react';

import type { DraftNode } from '../../graph/draft';
import { Json } from '../../ui/Json';
import { Refusals } from '../../ui/Notice';
import { Status } from '../../ui/Status';
import { KindIcon } from '../canvas/KindIcon';
import panel from '../canvas/NodePanel.module.css';
import { RecordField } from './RecordField';
import { Setup } from './Setup';
import styles from './Setup.module.css';
import { useWorkshop } from './context';
import { effectLine } from './trial';
import type { Trials } from './useTrial';

/** A tab of the inspector. */
export type Part = 'setup' | 'test' | 'output';

const PARTS = [
  { value: 'setup', label: 'Setup' },
  { value: 'test', label: 'Test' },
  { value: 'output', label: 'Output' },
];

interface Props {
  readonly node: DraftNode;
  readonly part: Part;
  readonly show: (part: Part) => void;
  readonly trials: Trials;
}

/** The inspector. */
export function Inspector({ node, part, show, trials }: Props) {
  const { editor, catalogue } = useWorkshop();
  const kind = catalogue.get(node.kind);
  return (
    <section aria-label="Selected step">
      <header className={panel.panel}>
        <div className={panel.head}>
          <KindIcon kind={node.kind} family={kind?.family ?? 'NONE'} />
          <div>
            <h2>{node.name ?? kind?.label ?? node.kind}</h2>
            <p className={panel.kind}>
              {kind?.label ?? 'Unknown kind'} · <code>{node.key}</code>
            </p>
          </div>
          <CloseButton onClick={() => editor.select([])} aria-label="Close" />
        </div>
        <SegmentedControl
          fullWidth
          size="xs"
          aria-label="Part of the inspector"
          data={PARTS}
          value={part}
          onChange={(value) => show(PARTS.find((one) => one.value === value)?.value as Part)}
        />
      </header>
      {part === 'setup' && <Setup node={node} />}
      {part === 'test' && <TestPart node={node} trials={trials} />}
      {part === 'output' && <OutputPart node={node} trials={trials} />}
    </section>
  );
}

function TestPart({ node, trials }: { readonly node: DraftNode; readonly trials: Trials }) {
  const [execute, setExecute] = useState(false);
  const sends = ['sendEmail', 'sendSms', 'httpRequest'].includes(node.kind);
  const step = trials.trial?.steps.findLast((one) => one.node === node.key);
  return (
    <div className={styles.form}>
      <RecordField trials={trials} />
      {sends && (
        <Checkbox
          label="Really send"
          description="Once, by this step alone"
          checked={execute}
          onChange={(event) => setExecute(event.currentTarget.checked)}
        />
      )}
      <Button loading={trials.busy} onClick={() => void trials.test(node.key, sends && execute)}>
        Test this step
      </Button>
      <Refusals messages={trials.messages} />
      {step && (
        <>
          <Status of={step.status} note={step.simulated ? 'simulated' : undefined} />
          {step.error && <p className={styles.wrong}>{step.error.message}</p>}
          <Json title="Input" value={step.input} />
          {(trials.trial?.effects ?? [])
            .filter((one) => one.step === step.step)
            .map((effect) => (
              <pre key={effectLine(effect)}>{effectLine(effect)}</pre>
            ))}
        </>
      )}
    </div>
  );
}

function OutputPart({ node, trials }: { readonly node: DraftNode; readonly trials: Trials }) {
  const step = trials.trial?.steps.findLast((one) => one.node === node.key);
  const pinned = trials.pins.get(node.key);
  return (
    <div className={styles.form}>
      {pinned ? (
        <>
          <p>Pinned: tests of later steps take this instead of carrying the step out. It never counts in production.</p>
          <Json title="Pinned output" value={pinned.output ?? {}} />
          <Button
            variant="default"
            leftSection={<IconPinnedOff size={16} aria-hidden />}
            onClick={() => trials.unpin(node.key)}
          >
            Unpin
          </Button>
        </>
      ) : step ? (
        <>
          <Json title="Output" value={step.output ?? {}} />
          <Button
            variant="default"
            leftSection={<IconPin size={16} aria-hidden />}
            onClick={() => trials.pin(node.key)}
          >
            Pin output
          </Button>
        </>
      ) : (
        <p className={styles.hint}>Test the step, and what it gives is shown here.</p>
      )}
    </div>
  );
}
