// Which path shows which page. Pages with a canvas are loaded when they are come to.
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';

import { nextPath } from '../features/account/next';
import { NotFoundPage } from '../pages/NotFoundPage';
import { SetUpPage } from '../pages/SetUpPage';
import { SignInPage } from '../pages/SignInPage';
import { WorkflowsPage } from '../pages/WorkflowsPage';
import { Shell } from './Shell';

const root = createRootRoute({ notFoundComponent: NotFoundPage });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: SignInPage,
  validateSearch: (search): { next: string } => ({ next: nextPath(search['next']) }),
});

const setUp = createRoute({ getParentRoute: () => root, path: '/set-up', component: SetUpPage });

const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell });

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/workflows', replace: true });
  },
});

const workflows = createRoute({ getParentRoute: () => shell, path: '/workflows', component: WorkflowsPage });

const workflow = createRoute({
  getParentRoute: () => shell,
  path: '/workflows/$workflowId',
  component: lazyRouteComponent(() => import('../pages/WorkflowPage'), 'WorkflowPage'),
});

const edit = createRoute({
  getParentRoute: () => shell,
  path: '/workflows/$workflowId/edit',
  component: lazyRouteComponent(() => import('../pages/EditPage'), 'EditPage'),
});

const run = createRoute({
  getParentRoute: () => shell,
  path: '/runs/$runId',
  component: lazyRouteComponent(() => import('../pages/RunPage'), 'RunPage'),
});

const routeTree = root.addChildren([signIn, setUp, shell.addChildren([home, workflows, workflow, edit, run])]);

export const router = createRouter({ routeTree, defaultPreload: 'intent', scrollRestoration: true });

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
