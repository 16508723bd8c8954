// Puts the console together.
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Provider } from 'urql';

import { apiClient } from './api/client';
import { router } from './app/router';
import { restartAt } from './features/account/next';
import { Look } from './ui/Look';
import './ui/styles.css';

const client = apiClient(() => {
  const { pathname, search } = location;
  if (pathname !== '/sign-in') restartAt(`/sign-in?next=${encodeURIComponent(pathname + search)}`);
});

const place = document.getElementById('root');
if (place) {
  createRoot(place).render(
    <StrictMode>
      <Provider value={client}>
        <Look>
          <RouterProvider router={router} />
        </Look>
      </Provider>
    </StrictMode>,
  );
}
