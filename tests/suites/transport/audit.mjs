// Runs graphql-http's audits against a server: node audit.mjs <http url>. Exits with 1 if any is not ok.
import { auditServer } from 'graphql-http';

const [url] = process.argv.slice(2);
const results = await auditServer({ url });
const failures = results.filter(({ status }) => status !== 'ok');

for (const { id, name, status, reason } of failures) {
  console.error(`${status} ${id} ${name}: ${reason}`);
}
console.log(`${results.length - failures.length} of ${results.length} audits ok`);
process.exit(failures.length === 0 && results.length > 0 ? 0 : 1);
