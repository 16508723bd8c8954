// Starting a run by hand, with the questions that the workflow asks first.
import { Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { useWrite } from '../../api/hooks';
import { Ask } from '../../ui/Ask';
import { Refusals } from '../../ui/Notice';
import { RUN_BY_HAND } from './documents';
import { type ManualStart, type Question, answers } from './manual';
import { outcome } from '../../api/outcome';

/** The button. Leads to the run that was started. */
export function RunByHand({ workflow, start }: { readonly workflow: string; readonly start: ManualStart }) {
  const { busy, write } = useWrite(RUN_BY_HAND);
  const [wrong, setWrong] = useState<readonly string[]>([]);
  const navigate = useNavigate();

  const act = async (form: FormData): Promise<boolean> => {
    const record = form.get('record');
    const input = {
      id: workflow,
      ...(typeof record === 'string' && { recordId: record.trim() }),
      ...(start.questions.length > 0 && { form: answers(start.questions, form) }),
    };
    const result = await write({ input });
    const payload = result.data?.workflowRun;
    const messages = outcome(result, payload);
    setWrong(messages);
    if (payload?.run) void navigate({ to: '/runs/$runId', params: { runId: payload.run.id } });
    return messages.length === 0;
  };

  return (
    <Ask
      label="Run"
      icon={<IconPlayerPlay size={16} aria-hidden />}
      question="Start a run now."
      confirm="Start"
      busy={busy}
      act={act}
    >
      <Refusals messages={wrong} />
      {start.record && <TextInput name="record" label="Record" description="Its id, such as deal_01h4…" required />}
      {start.questions.map((question) => (
        <Answer key={question.name} question={question} />
      ))}
    </Ask>
  );
}

function Answer({ question: { name, label, input, required, options } }: { readonly question: Question }) {
  const field = { name: `answer.${name}`, label, required };
  switch (input) {
    case 'boolean':
      return <Checkbox name={field.name} label={label} />;
    case 'select':
      return <NativeSelect {...field} data={['', ...options]} />;
    case 'text':
    case 'number':
    case 'date':
      return <TextInput {...field} type={input} {...(input === 'number' && { step: 'any' })} />;
  }
}
