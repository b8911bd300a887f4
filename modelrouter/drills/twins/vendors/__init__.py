"""How each vendor fails, as data: one file for each."""
