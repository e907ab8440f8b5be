"""Who may do what: accounts, sign-in, tokens, policy."""
