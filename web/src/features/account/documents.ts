// Who is signed in, signing in and out, and the first administrator.
import { graphql } from '../../api/generated';

export const VIEWER = graphql(`
  query Viewer {
    viewer {
      role
      user {
        id
        name
        email
      }
    }
  }
`);

export const SIGN_IN = graphql(`
  mutation SignIn($input: SessionCreateInput!) {
    sessionCreate(input: $input) {
      user {
        id
      }
      userErrors {
        field
        message
      }
    }
  }
`);

export const SIGN_OUT = graphql(`
  mutation SignOut {
    sessionDelete {
      deleted
    }
  }
`);

export const SET_UP = graphql(`
  mutation SetUp($input: SetUpInput!) {
    setUp(input: $input) {
      user {
        id
      }
      userErrors {
        field
        message
      }
    }
  }
`);
