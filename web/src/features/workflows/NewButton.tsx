// A new workflow: blank, or from a template. Leads to the editor.
import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { outcome } from '../../api/outcome';
import { useWrite } from '../../api/hooks';
import { TEMPLATES, type Template } from '../../templates';
import { Dialog } from '../../ui/Dialog';
import { Refusals } from '../../ui/Notice';
import styles from './NewButton.module.css';
import { CREATE } from './documents';

const BLANK: Template = {
  name: 'New workflow',
  about: 'An empty canvas.',
  json: { format: 1, nodes: [], edges: [] },
};

/** The button and its window. */
export function NewButton() {
  const [open, setOpen] = useState(false);
  const [wrong, setWrong] = useState<readonly string[]>([]);
  const { busy, write } = useWrite(CREATE);
  const navigate = useNavigate();
  const create = async ({ name, json }: Template): Promise<void> => {
    const result = await write({ input: { name, json } });
    setWrong(outcome(result, result.data?.workflowCreate));
    const workflow = result.data?.workflowCreate?.workflow;
    if (workflow) void navigate({ to: '/workflows/$workflowId/edit', params: { workflowId: workflow.id } });
  };
  return (
    <>
      <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setOpen(true)}>
        New workflow
      </Button>
      {open && (
        <Dialog title="Begin with" close={() => setOpen(false)} wide>
          <Refusals messages={wrong} />
          <ul className={styles.choices}>
            {[BLANK, ...TEMPLATES].map((template) => (
              <li key={template.name}>
                <button type="button" className={styles.choice} disabled={busy} onClick={() => void create(template)}>
                  <strong>{template === BLANK ? 'Blank' : template.name}</strong>
                  <span>{template.about}</span>
                </button>
              </li>
            ))}
          </ul>
        </Dialog>
      )}
    </>
  );
}
