// What graphql-eslint asks of a schema, and where we differ, each with its reason.
import graphql from '@graphql-eslint/eslint-plugin';

const { 'flat/schema-recommended': recommended, 'flat/schema-relay': relay } = graphql.configs;

export default [
  {
    files: ['**/*.graphql'],
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: 'schema.graphql' } } },
    plugins: { '@graphql-eslint': graphql },
    rules: {
      ...recommended.rules,
      ...relay.rules,
      // The printer's style.
      '@graphql-eslint/description-style': ['error', { style: 'inline' }],
      // Lists that are never paged, such as userErrors and nodes; and edges to rows that no id finds, such as changes.
      '@graphql-eslint/relay-edge-types': [
        'error',
        { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
      ],
      // The timeline is read from its newest entry on, never backwards.
      '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
      // Only what can be found again has an id; values, answers and pages have none.
      '@graphql-eslint/strict-id-in-types': 'off',
      // A message's Message-ID is called so everywhere, and a team can belong to a team as any record can.
      '@graphql-eslint/no-typename-prefix': 'off',
    },
  },
];
