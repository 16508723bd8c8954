// Which of the API's types are no things of their own. The cache keeps everything else that has an id once, by its id: the
// edges of a graph have ids too, but those name them within their graph only.

/** Types that are part of what holds them, and are kept with it. */
export const PARTS = [
  'NodeKind',
  'NodePosition',
  'PageInfo',
  'RunCause',
  'RunChange',
  'RunFinished',
  'RunQueued',
  'RunRefused',
  'RunStarted',
  'Step',
  'StepCancelled',
  'StepError',
  'StepFailed',
  'StepRetrying',
  'StepSkipped',
  'StepStarted',
  'StepSucceeded',
  'StepUnknown',
  'StepWaiting',
  'UserError',
  'Viewer',
  'WorkflowDefinition',
  'WorkflowEdge',
  'WorkflowNode',
  'WorkflowProblem',
];
