"""The outer edge: what really calls a deployment."""
