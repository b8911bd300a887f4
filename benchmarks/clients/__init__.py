"""One file for each library that is measured; each imports its library and nothing of the others."""
