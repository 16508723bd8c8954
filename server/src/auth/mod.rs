//! Who may speak to Pointsman: passwords, tokens, throttles.
