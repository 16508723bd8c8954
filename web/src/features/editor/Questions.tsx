// The windows that the editor asks by: which step to add, what to connect to, which step to find, and the list of keys.
import { NativeSelect } from '@mantine/core';
import { useState } from 'react';

import { portsOf } from '../../graph/draft';
import { connect, refusal } from '../../graph/edit';
import { Dialog } from '../../ui/Dialog';
import { KindIcon } from '../canvas/KindIcon';
import { Chooser } from './Chooser';
import { useWorkshop } from './context';
import { KEYS } from './keys';
import { useAdd } from './useAdd';

/** The window that is open, if any. */
export function Questions() {
  const { editor, catalogue } = useWorkshop();
  const { question, draft } = editor;
  const add = useAdd();
  const close = (): void => editor.ask(undefined);
  const titled = draft.nodes.map((node) => ({
    id: node.key,
    label: node.name ?? catalogue.get(node.kind)?.label ?? node.kind,
    hint: node.key,
    icon: <KindIcon kind={node.kind} family={catalogue.get(node.kind)?.family ?? 'NONE'} />,
  }));
  switch (question?.what) {
    case 'add': {
      const { place } = question;
      const kinds = [...catalogue.values()].filter((kind) => !place || kind.family !== 'TRIGGER');
      const choices = kinds.map((kind) => ({
        id: kind.kind,
        label: kind.label,
        hint: kind.description,
        icon: <KindIcon kind={kind.kind} family={kind.family} />,
      }));
      return <Chooser title="Add a step" choices={choices} choose={(kind) => add(kind, place)} close={close} />;
    }
    case 'connect':
      return <Connect from={question.from} close={close} titled={titled} />;
    case 'find':
      return <Chooser title="Find a step" choices={titled} choose={(key) => editor.select([key])} close={close} />;
    case 'keys':
      return <Keys close={close} />;
    case 'publish':
    case undefined:
      return null;
  }
}

interface ConnectProps {
  readonly from: string;
  readonly close: () => void;
  readonly titled: readonly { readonly id: string; readonly label: string; readonly hint: string }[];
}

function Connect({ from, close, titled }: ConnectProps) {
  const { editor, catalogue } = useWorkshop();
  const { draft } = editor;
  const node = draft.nodes.find((one) => one.key === from);
  const ports = node ? portsOf(catalogue, node, draft.edges) : [];
  const used = new Set(draft.edges.filter((edge) => edge.from === from).map((edge) => edge.port));
  const [port, setPort] = useState(ports.find((one) => !used.has(one)) ?? ports[0] ?? '');
  const choices = titled.map((one) => ({ ...one, refused: refusal(draft, catalogue, { from, port, to: one.id }) }));
  const choose = (to: string): void =>
    editor.change((now) => {
      const next = connect(now, catalogue, { from, port, to });
      return 'refused' in next ? now : next;
    });
  if (ports.length === 0) {
    return (
      <Dialog title="Connect" close={close}>
        <p>Nothing follows this step: it ends the run.</p>
      </Dialog>
    );
  }
  return (
    <Chooser title={`Connect ${from} to…`} choices={choices} choose={choose} close={close}>
      {ports.length > 1 && (
        <NativeSelect
          label="By the way"
          data={[...ports]}
          value={port}
          onChange={(event) => setPort(event.currentTarget.value)}
        />
      )}
    </Chooser>
  );
}

function Keys({ close }: { readonly close: () => void }) {
  return (
    <Dialog title="Keys" close={close}>
      <table>
        <tbody>
          {KEYS.map(([key, what]) => (
            <tr key={key}>
              <th scope="row">
                <kbd>{key}</kbd>
              </th>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  );
}
