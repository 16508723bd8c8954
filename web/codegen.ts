// Which documents become typed: everything in src/ that calls graphql(), against the server's own schema.
import type { CodegenConfig } from '@graphql-codegen/cli';

const id = { input: 'string', output: 'string' };

const config: CodegenConfig = {
  schema: '../schema.graphql',
  documents: ['src/**/*.{ts,tsx}', '!src/api/generated/**'],
  generates: {
    'src/api/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        strictScalars: true,
        useTypeImports: true,
        enumsAsTypes: true,
        scalars: {
          ID: id,
          Date: id,
          DateTime: id,
          Decimal: id,
          Duration: id,
          EmailAddress: id,
          JSON: 'unknown',
          PhoneNumber: id,
          RoleName: id,
          TimeZone: id,
          URL: id,
        },
      },
    },
  },
};

export default config;
