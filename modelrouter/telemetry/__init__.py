"""Traces and metrics in OpenTelemetry's protocol: what a request was, told after the fact to a receiver of one's own."""
