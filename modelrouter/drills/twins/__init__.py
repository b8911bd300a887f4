"""Loopback servers that speak a provider's wire and fail the way that provider fails; start at `twin.Twin`."""
