// The first administrator, made by whoever holds the one-time link that the server printed.
import { PasswordInput, TextInput } from '@mantine/core';
import { useState } from 'react';

import { useWrite } from '../api/hooks';
import { AccountForm, type Sent } from '../features/account/AccountForm';
import { SET_UP } from '../features/account/documents';
import { restartAt } from '../features/account/next';

const FIELDS = ['name', 'email', 'password'];

/** The page. The token follows `#` in the link, so that it reaches no server's log. */
export function SetUpPage() {
  const [token] = useState(() => location.hash.slice(1));
  const { write } = useWrite(SET_UP);

  const send = async (values: FormData): Promise<Sent> => {
    const [name = '', email = '', password = ''] = FIELDS.map((field) => String(values.get(field)));
    const { data, failure } = await write({ input: { token, name: name.trim(), email: email.trim(), password } });
    if (data?.setUp?.user) restartAt('/');
    return { failure, refusals: data?.setUp?.userErrors };
  };

  return (
    <AccountForm
      title="Set up Pointsman"
      intro="You become the first administrator. You can add others later."
      action="Create administrator"
      fields={FIELDS}
      send={send}
    >
      {(wrong) => (
        <>
          <TextInput name="name" label="Your name" autoComplete="name" required error={wrong.get('name')} />
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
            description="At least 10 characters, and none of the most common passwords."
            autoComplete="new-password"
            required
            minLength={10}
            error={wrong.get('password')}
          />
        </>
      )}
    </AccountForm>
  );
}
