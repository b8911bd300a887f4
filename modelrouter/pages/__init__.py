"""Pages for people: each one self-contained file of HTML, without scripts and without anything from elsewhere."""
