"""Who may do what: users, API tokens, sessions, login links, roles."""
