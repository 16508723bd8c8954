// The frame around every page of who is signed in: the sections, the theme, signing out.
import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { IconLogout, IconMoon, IconRoute, IconSun } from '@tabler/icons-react';
import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';

import { useRead, useWrite } from '../api/hooks';
import { SIGN_OUT, VIEWER } from '../features/account/documents';
import { restartAt } from '../features/account/next';
import { ConnectionNotice, FailureNotice } from '../ui/Notice';
import styles from './Shell.module.css';

const NO_VARIABLES = {};

/** The frame. Whoever is not signed in is sent to sign in, and comes back. */
export function Shell() {
  const { data, failure, reread } = useRead(VIEWER, NO_VARIABLES);
  const navigate = useNavigate();
  const signedOut = data !== undefined && data.viewer === null;
  useEffect(() => {
    if (signedOut) void navigate({ to: '/sign-in', search: { next: location.pathname + location.search } });
  }, [signedOut, navigate]);

  if (failure && !data) return <FailureNotice failure={failure} retry={reread} />;
  if (!data?.viewer) return null;
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#content">
        Skip to content
      </a>
      <nav className={styles.nav} aria-label="Sections">
        <Link to="/" className={styles.brand}>
          <img src="/icon.svg" alt="" width={20} height={20} /> Pointsman
        </Link>
        <Link to="/workflows" className={styles.link} activeProps={{ className: `${styles.link} ${styles.active}` }}>
          <IconRoute size={16} aria-hidden /> Workflows
        </Link>
        <div className={styles.foot}>
          <span className={styles.user} title={data.viewer.user?.email}>
            {data.viewer.user?.name ?? 'API key'}
          </span>
          <ThemeSwitch />
          <SignOut />
        </div>
      </nav>
      <main id="content" className={styles.content} tabIndex={-1}>
        <Outlet />
      </main>
      <ConnectionNotice />
    </div>
  );
}

function ThemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const other = useComputedColorScheme('light', { getInitialValueInEffect: false }) === 'dark' ? 'light' : 'dark';
  return (
    <ActionIcon variant="subtle" color="gray" onClick={() => setColorScheme(other)} aria-label={`Use the ${other} theme`}>
      {other === 'dark' ? <IconMoon size={16} /> : <IconSun size={16} />}
    </ActionIcon>
  );
}

function SignOut() {
  const { busy, write } = useWrite(SIGN_OUT);
  const leave = async (): Promise<void> => {
    const { failure } = await write(NO_VARIABLES);
    if (!failure) restartAt('/sign-in');
  };
  return (
    <ActionIcon variant="subtle" color="gray" loading={busy} onClick={() => void leave()} aria-label="Sign out">
      <IconLogout size={16} />
    </ActionIcon>
  );
}
