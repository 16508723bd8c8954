// What the canvas asks the API for.
import { graphql } from '../../api/generated';
import type { DrawingFragment, NodeKindsQuery } from '../../api/generated/graphql';

/** A definition, as far as it is drawn and looked at. */
export const DRAWING = graphql(`
  fragment Drawing on WorkflowDefinition {
    nodes {
      key
      kind
      name
      disabled
      ports
      summary
      configJson
    }
    edges {
      id
      from
      port
      to
    }
  }
`);

/** The kinds of nodes that there are. They change with the server only. */
export const NODE_KINDS = graphql(`
  query NodeKinds {
    nodeKinds {
      kind
      label
      family
    }
  }
`);

/** A node as it is drawn. */
export type DrawnNode = DrawingFragment['nodes'][number];

/** What people call a node. */
export function titleOf(node: DrawnNode, kind: Kind | undefined): string {
  return node.name ?? kind?.label ?? node.kind;
}

/** A kind of nodes. */
export type Kind = NonNullable<NodeKindsQuery['nodeKinds']>[number];
