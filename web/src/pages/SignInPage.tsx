// Signing in with address and password.
import { PasswordInput, TextInput } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';

import { useWrite } from '../api/hooks';
import { AccountForm, type Sent } from '../features/account/AccountForm';
import { SIGN_IN } from '../features/account/documents';
import { restartAt } from '../features/account/next';

const route = getRouteApi('/sign-in');

/** The page. */
export function SignInPage() {
  const { next } = route.useSearch();
  const { write } = useWrite(SIGN_IN);

  const send = async (values: FormData): Promise<Sent> => {
    const input = { email: String(values.get('email')).trim(), password: String(values.get('password')) };
    const { data, failure } = await write({ input });
    if (data?.sessionCreate?.user) restartAt(next);
    return { failure, refusals: data?.sessionCreate?.userErrors };
  };

  return (
    <AccountForm title="Sign in to Pointsman" action="Sign in" fields={['email', 'password']} send={send}>
      {(wrong) => (
        <>
          <TextInput
            name="email"
            type="email"
            label="E-mail"
            autoComplete="username"
            required
            error={wrong.get('email')}
          />
          <PasswordInput
            name="password"
            label="Password"
            autoComplete="current-password"
            required
            error={wrong.get('password')}
          />
        </>
      )}
    </AccountForm>
  );
}
