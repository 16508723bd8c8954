// The workflows that one can begin with. Each is a file that the server's check finds no error in; a suite sees to that.
import closedWon from './closed-won-onboarding.json';
import discount from './discount-approval.json';
import renewal from './renewal-reminder.json';
import reply from './reply-or-time-out.json';
import stale from './stale-deal-escalation.json';
import webLead from './web-lead-routing.json';
import webhook from './webhook-contact.json';
import welcome from './welcome-drip.json';

/** A workflow to begin with. */
export interface Template {
  readonly name: string;
  /** What it is for, in a sentence. */
  readonly about: string;
  /** The form of a file. */
  readonly json: unknown;
}

/** The simplest first. */
export const TEMPLATES: readonly Template[] = [
  {
    name: 'Closed-won onboarding',
    about: 'A won deal makes its company a customer and plans the kick-off.',
    json: closedWon,
  },
  { name: 'Welcome drip', about: 'Two e-mails to each new contact, then a call.', json: welcome },
  { name: 'Web-lead routing', about: 'Gives contacts from the web to whoever is free, by country.', json: webLead },
  {
    name: 'Stale-deal escalation',
    about: 'Reminds of deals that stand still, and tells others when that does not help.',
    json: stale,
  },
  { name: 'Reply or time-out', about: 'Asks by e-mail, and goes another way without an answer.', json: reply },
  { name: 'Renewal reminder', about: 'Begins a month before a deal’s date.', json: renewal },
  { name: 'Discount approval', about: 'Big discounts wait for somebody’s yes.', json: discount },
  { name: 'Webhook to contact', about: 'A call from the web site creates or updates a contact.', json: webhook },
];
