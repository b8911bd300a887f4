"""What a rehearsal found, for people and for programs; start at `findings`."""
