// What the workflow pages ask the API for.
import { graphql } from '../../api/generated';

export const RUN_ROW = graphql(`
  fragment RunRow on Run {
    id
    status
    trigger
    createdAt
    startedAt
    finishedAt
    updatedAt
  }
`);

export const WORKFLOW_ROW = graphql(`
  fragment WorkflowRow on Workflow {
    id
    name
    state
    draftVersion
    problems {
      severity
    }
    draft {
      nodes {
        key
        kind
      }
    }
    activeVersion {
      id
      number
      publishedAt
    }
  }
`);

export const WORKFLOWS = graphql(`
  query Workflows($after: String) {
    workflows(first: 50, after: $after) {
      nodes {
        ...WorkflowRow
        runs(first: 5) {
          nodes {
            ...RunRow
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const WORKFLOW = graphql(`
  query Workflow($id: ID!) {
    workflow(id: $id) {
      ...WorkflowRow
      description
      draft {
        ...Drawing
      }
      problems {
        node
        field
        code
        message
        severity
        suggestion
      }
      activeVersion {
        id
        number
        publishedAt
        definition {
          ...Drawing
        }
      }
    }
  }
`);

export const WORKFLOW_RUNS = graphql(`
  query WorkflowRuns($id: ID!) {
    workflow(id: $id) {
      id
      runs(first: 25) {
        nodes {
          ...RunRow
        }
      }
    }
  }
`);

export const RUNS_CHANGED = graphql(`
  subscription RunsChanged($filter: RunFilter, $after: String) {
    runChanged(filter: $filter, after: $after) {
      cursor
      run {
        ...RunRow
      }
    }
  }
`);

export const CREATE = graphql(`
  mutation WorkflowCreate($input: WorkflowCreateInput!) {
    workflowCreate(input: $input) {
      workflow {
        ...WorkflowRow
      }
      userErrors {
        message
      }
    }
  }
`);

export const PUBLISH = graphql(`
  mutation WorkflowPublish($input: WorkflowPublishInput!) {
    workflowPublish(input: $input) {
      workflow {
        ...WorkflowRow
      }
      userErrors {
        message
      }
    }
  }
`);

export const PAUSE = graphql(`
  mutation WorkflowPause($id: ID!) {
    workflowPause(id: $id) {
      workflow {
        id
        state
      }
      userErrors {
        message
      }
    }
  }
`);

export const RESUME = graphql(`
  mutation WorkflowResume($id: ID!) {
    workflowResume(id: $id) {
      workflow {
        id
        state
      }
      userErrors {
        message
      }
    }
  }
`);

export const RUN_BY_HAND = graphql(`
  mutation WorkflowRun($input: WorkflowRunInput!) {
    workflowRun(input: $input) {
      run {
        ...RunRow
      }
      userErrors {
        message
      }
    }
  }
`);
