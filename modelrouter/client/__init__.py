"""The drop-in door: the official SDKs with our transport underneath."""
