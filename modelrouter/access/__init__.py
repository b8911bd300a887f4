"""Who may use the gateway: keys of callers, and what each may be used for."""
