// Trying the workflow out as it is drawn just now: a whole dry run, or up to one step, with what is pinned.
import { useCallback, useMemo, useState } from 'react';

import { useAskOnce, useWrite } from '../../api/hooks';
import { type Draft, fileOf } from '../../graph/draft';
import { DRY_RUN, TEST_STEP, type Trial } from './documents';

/** What nodes are taken to have found in tests; never in production. */
export type Pins = ReadonlyMap<string, { readonly port: string | null; readonly output: unknown }>;

/** Trials, for the editor. */
export interface Trials {
  readonly record: string;
  readonly setRecord: (id: string) => void;
  readonly trial: Trial | undefined;
  readonly messages: readonly string[];
  readonly busy: boolean;
  readonly pins: Pins;
  readonly pin: (node: string) => void;
  readonly unpin: (node: string) => void;
  /** Plays a whole run. */
  readonly play: () => Promise<void>;
  /** Plays what leads to a step; `execute` really sends that step's mail or request. */
  readonly test: (node: string, execute: boolean) => Promise<void>;
  readonly clear: () => void;
}

/** The trials of a draft. */
export function useTrial(draft: Draft): Trials {
  const dryRun = useAsk();
  const step = useWrite(TEST_STEP);
  const [record, setRecord] = useState('');
  const [pins, setPins] = useState<Pins>(new Map());
  const [trial, setTrial] = useState<Trial>();
  const [messages, setMessages] = useState<readonly string[]>([]);

  const input = useCallback(
    () => ({ subject: { json: fileOf(draft) }, ...(record !== '' && { start: { recordId: record.trim() } }) }),
    [draft, record],
  );
  const take = useCallback((answer: Answer) => {
    setTrial(answer.payload?.dryRun ?? undefined);
    setMessages([
      ...(answer.failure === undefined ? [] : [answer.failure]),
      ...(answer.payload?.userErrors ?? []).map((error) => error.message),
      ...(answer.payload?.problems ?? []).filter((one) => one.severity === 'ERROR').map((one) => one.message),
    ]);
  }, []);
  const play = useCallback(async () => take(await dryRun.ask(input())), [dryRun, input, take]);
  const test = useCallback(
    async (node: string, execute: boolean) => {
      const pinned = [...pins]
        .filter(([key]) => key !== node)
        .map(([key, { port, output }]) => ({ node: key, port, output }));
      const { data, failure } = await step.write({ input: { ...input(), node, pinned, execute } });
      take({ payload: data?.workflowTestStep ?? undefined, failure: failure?.message });
    },
    [step, input, pins, take],
  );
  const pin = useCallback(
    (node: string) => {
      const found = trial?.steps.findLast((one) => one.node === node);
      if (found) setPins((now) => new Map(now).set(node, { port: found.port, output: found.output }));
    },
    [trial],
  );
  const unpin = useCallback((node: string) => setPins((now) => new Map([...now].filter(([key]) => key !== node))), []);
  const clear = useCallback(() => {
    setTrial(undefined);
    setMessages([]);
  }, []);
  const busy = dryRun.busy || step.busy;
  return useMemo(
    () => ({ record, setRecord, trial, messages, busy, pins, pin, unpin, play, test, clear }),
    [record, trial, messages, busy, pins, pin, unpin, play, test, clear],
  );
}

interface Answer {
  readonly payload:
    | {
        readonly dryRun: Trial | null;
        readonly userErrors: readonly { readonly message: string }[];
        readonly problems: readonly { readonly message: string; readonly severity: string }[];
      }
    | undefined;
  readonly failure: string | undefined;
}

/** A dry run is a query that is asked when a button says so. */
function useAsk() {
  const ask = useAskOnce(DRY_RUN);
  const [busy, setBusy] = useState(false);
  return useMemo(
    () => ({
      busy,
      ask: async (input: Parameters<typeof ask>[0]['input']): Promise<Answer> => {
        setBusy(true);
        const { data, failure } = await ask({ input });
        setBusy(false);
        return { payload: data?.workflowDryRun ?? undefined, failure: failure?.message };
      },
    }),
    [ask, busy],
  );
}
