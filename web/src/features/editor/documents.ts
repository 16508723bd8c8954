// What the editor asks the API for. It edits the file's form of a draft, which loses nothing that a kind does not know.
import { graphql } from '../../api/generated';
import type { CatalogueQuery, EditedQuery, TrialFragment } from '../../api/generated/graphql';

export const CATALOGUE = graphql(`
  query Catalogue {
    nodeKinds {
      kind
      label
      family
      description
      ports
      fields {
        name
        input
        options
        required
        description
      }
    }
  }
`);

export const PROBLEM = graphql(`
  fragment Problem on WorkflowProblem {
    node
    edge
    field
    code
    message
    severity
    suggestion
    start
    end
  }
`);

export const EDITED = graphql(`
  query Edited($id: ID!) {
    workflow(id: $id) {
      id
      name
      state
      draftVersion
      draft {
        json
      }
      problems {
        ...Problem
      }
      activeVersion {
        id
        number
        definition {
          json
        }
      }
    }
  }
`);

export const SAVE = graphql(`
  mutation DraftSave($input: WorkflowDraftSaveInput!) {
    workflowDraftSave(input: $input) {
      workflow {
        id
        name
        draftVersion
      }
      problems {
        ...Problem
      }
      userErrors {
        code
        message
      }
    }
  }
`);

export const TRIAL = graphql(`
  fragment Trial on DryRun {
    wouldStart
    startTrace
    status
    halt {
      code
      message
    }
    steps {
      number
      node
      step
      status
      attempt
      port
      input
      output
      error {
        code
        message
      }
      startedAt
      finishedAt
      waitsUntil
      simulated
    }
    effects {
      __typename
      ... on DryRunRecordChange {
        step
        at
        object
        recordId
        operation
        fields {
          field
          before
          after
        }
      }
      ... on DryRunEmail {
        step
        at
        to
        subject
        text
      }
      ... on DryRunSms {
        step
        at
        phone: to
        text
      }
      ... on DryRunHttpRequest {
        step
        at
        method
        url
        requestBody: body
      }
      ... on DryRunNotification {
        step
        at
        title
        body
        user {
          id
          name
        }
      }
      ... on DryRunSignal {
        step
        at
        name
        key
      }
      ... on DryRunStart {
        step
        at
        trigger
        refused
        workflow {
          id
          name
        }
      }
    }
  }
`);

export const DRY_RUN = graphql(`
  query DryRun($input: WorkflowDryRunInput!) {
    workflowDryRun(input: $input) {
      dryRun {
        ...Trial
      }
      problems {
        ...Problem
      }
      userErrors {
        message
      }
    }
  }
`);

export const TEST_STEP = graphql(`
  mutation TestStep($input: WorkflowTestStepInput!) {
    workflowTestStep(input: $input) {
      dryRun {
        ...Trial
      }
      problems {
        ...Problem
      }
      userErrors {
        message
      }
    }
  }
`);

export const CALLABLE = graphql(`
  query Callable {
    workflows(first: 100) {
      nodes {
        id
        name
      }
    }
  }
`);

/** The fields of everything that has an id, as the API describes them. */
export const OBJECT_FIELDS = graphql(`
  query ObjectFields {
    __type(name: "Node") {
      possibleTypes {
        name
        fields {
          name
          description
          args {
            name
          }
          type {
            kind
            name
            ofType {
              kind
              name
            }
          }
        }
      }
    }
  }
`);

/** Some records of an object to try a workflow out with. */
export const SAMPLES = graphql(`
  query Samples($company: Boolean!, $contact: Boolean!, $deal: Boolean!, $task: Boolean!) {
    companies(first: 50) @include(if: $company) {
      nodes {
        id
        name
      }
    }
    contacts(first: 50) @include(if: $contact) {
      nodes {
        id
        name
      }
    }
    deals(first: 50) @include(if: $deal) {
      nodes {
        id
        name
      }
    }
    tasks(first: 50) @include(if: $task) {
      nodes {
        id
        title
      }
    }
  }
`);

/** A kind, with what its form is made of. */
export type KindForm = NonNullable<CatalogueQuery['nodeKinds']>[number];

/** One field of a kind. */
export type KindField = KindForm['fields'][number];

/** The workflow that is edited, as it was read. */
export type EditedWorkflow = NonNullable<EditedQuery['workflow']>;

/** What is wrong with a draft, part by part. */
export type EditedProblem = EditedWorkflow['problems'][number];

/** What a run would do. */
export type Trial = TrialFragment;
