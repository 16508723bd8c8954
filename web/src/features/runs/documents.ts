// What the run page asks the API for.
import { graphql } from '../../api/generated';

export const RUN = graphql(`
  query Run($id: ID!) {
    run(id: $id) {
      ...RunRow
      error
      depth
      causedBy {
        run {
          id
        }
      }
      workflow {
        id
        name
      }
      version {
        id
        number
        definition {
          ...Drawing
        }
      }
      record {
        __typename
        id
        ... on Company {
          name
        }
        ... on Contact {
          name
        }
        ... on Deal {
          name
        }
      }
      steps {
        number
        node
        status
        attempt
        port
        input
        output
        error {
          code
          message
        }
      }
    }
  }
`);

export const RUN_EVENTS = graphql(`
  subscription RunEvents($runId: ID!, $after: Int) {
    runEvents(runId: $runId, after: $after) {
      __typename
      seq
      at
      ... on RunQueued {
        until
      }
      ... on RunRefused {
        reason
      }
      ... on RunStarted {
        trigger
      }
      ... on StepStarted {
        step
        node
        attempt
      }
      ... on StepSucceeded {
        step
        node
        port
      }
      ... on StepFailed {
        step
        node
        attempt
        final
        error {
          code
          message
        }
      }
      ... on StepRetrying {
        step
        node
        attempt
        dueAt
      }
      ... on StepWaiting {
        step
        node
        until
      }
      ... on StepSkipped {
        step
        node
      }
      ... on StepCancelled {
        step
        node
      }
      ... on StepUnknown {
        step
        node
        message
      }
      ... on RunFinished {
        status
      }
    }
  }
`);

export const CANCEL = graphql(`
  mutation RunCancel($id: ID!) {
    runCancel(id: $id) {
      run {
        ...RunRow
      }
      userErrors {
        message
      }
    }
  }
`);
